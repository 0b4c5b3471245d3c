import { expect, test } from 'vitest';
import type { CallingPatch, CallingSettings } from '../../widget/src/shared/contracts.gen';
import { AskError } from '../../widget/src/shared/errors';
import { saveCalling } from '../src/settings/calling';

const BEFORE = { offerS: 20, acceptS: 10, hours: null, version: 3 } as CallingSettings;

/** A server whose settings others change, as `meanwhile` says, before each time they are saved. */
function server(meanwhile: Partial<CallingSettings>[]) {
  let now = { ...BEFORE };
  return {
    calling: async () => now,
    async patchCalling(_: string, { version, ...patch }: CallingPatch) {
      const theirs = meanwhile.shift();
      if (theirs) now = { ...now, ...theirs, version: now.version + 1 };
      if (version !== now.version) throw new AskError('calling_changed');
      now = { ...now, ...patch, version: now.version + 1 };
      return now;
    },
  };
}

test('what a colleague changed elsewhere stays, also in the very moment of saving', async () => {
  const saved = await saveCalling(server([{ acceptS: 15 }]), 's', BEFORE, { offerS: 44 });
  expect(saved).toEqual({ ...BEFORE, offerS: 44, acceptS: 15, version: 5 });
});

test('what a colleague changed is not written over without a word', async () => {
  const saving = saveCalling(server([{ offerS: 33 }]), 's', BEFORE, { offerS: 44 });
  await expect(saving).rejects.toMatchObject({ code: 'calling_changed' });
});

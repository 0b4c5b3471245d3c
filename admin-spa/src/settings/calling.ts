// How a site calls, of which two screens change a part each: loaded, and saved unless a colleague changed the same part.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { CallingPatch, CallingSettings } from '../../../widget/src/shared/contracts.gen';
import { AskError, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import type { Api } from '../app/api';
import { useApp } from '../app/context';
import { say } from '../ui/toasts';

const TRIES = 4;

/**
 * Save some settings over those a person started from. Rejects with calling_changed when one of the same is another now;
 * what a colleague changed elsewhere stays.
 */
export async function saveCalling(
  api: Pick<Api, 'calling' | 'patchCalling'>,
  siteId: string,
  before: CallingSettings,
  patch: CallingPatch,
): Promise<CallingSettings> {
  for (let tries = 1; ; tries += 1) {
    const now = await api.calling(siteId);
    const names = Object.keys(patch) as (keyof CallingSettings)[];
    if (names.some((name) => JSON.stringify(now[name]) !== JSON.stringify(before[name])))
      throw new AskError('calling_changed');
    try {
      return await api.patchCalling(siteId, { ...patch, version: now.version });
    } catch (thrown) {
      // Something else was changed between the two.
      if (toAskError(thrown).code !== 'calling_changed' || tries === TRIES) throw thrown;
    }
  }
}

/** @param show puts what was loaded or saved into the form */
export function useCalling(siteId: string, show: (settings: CallingSettings) => void) {
  const { api } = useApp();
  const saved = useSignal<CallingSettings | null>(null);
  const failure = useSignal<AskError | null>(null);
  const busy = useSignal(false);

  function take(settings: CallingSettings): void {
    saved.value = settings;
    show(settings);
  }
  async function attempt(work: () => Promise<CallingSettings>, done = ''): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      take(await work());
      if (done) say(done);
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
    busy.value = false;
  }
  const load = () => attempt(() => api.calling(siteId));
  useEffect(() => void load(), [siteId]);

  return {
    saved,
    failure,
    busy,
    load,
    save: (before: CallingSettings, patch: CallingPatch) =>
      attempt(() => saveCalling(api, siteId, before, patch), gettext('Saved.')),
    /** Also over what a colleague changed. */
    saveOver: (patch: CallingPatch) => attempt(() => api.patchCalling(siteId, patch), gettext('Saved.')),
  };
}

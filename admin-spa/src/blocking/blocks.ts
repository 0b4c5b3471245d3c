// Blocks as the console keeps them: asking the server, and the words for each kind.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Block, BlockCreate, BlockList, BlockReply } from '../../../widget/src/shared/contracts.gen';
import { errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import type { Api } from '../app/api';
import { useApp } from '../app/context';
import { visitorName } from '../app/words';
import type { IconName } from '../ui/icons';
import { say } from '../ui/toasts';

export type Kind = Block['kind'];
export type Lasts = 'day' | 'week' | 'ever';

const DAY_S = 86_400;

export const lastsS = (lasts: Lasts): number | null =>
  lasts === 'day' ? DAY_S : lasts === 'week' ? 7 * DAY_S : null;

export const KIND_ICONS: Record<Kind, IconName> = {
  phone: 'phone',
  prefix: 'phone',
  network: 'globe',
  visitor: 'people',
};

/** What the server said last, and what was done here since. */
export const known = signal<readonly Block[]>([]);

export async function listBlocks(api: Api): Promise<readonly Block[]> {
  known.value = ((await api.call('GET', '/blocks')) as BlockList).blocks;
  return known.value;
}

export async function addBlock(api: Api, wanted: BlockCreate): Promise<Block> {
  const { block } = (await api.call('POST', '/blocks', wanted)) as BlockReply;
  known.value = [block, ...known.value.filter(({ id }) => id !== block.id)];
  return block;
}

export async function removeBlock(api: Api, gone: string): Promise<void> {
  await api.call('DELETE', `/blocks/${encodeURIComponent(gone)}`);
  known.value = known.value.filter(({ id }) => id !== gone);
}

/** What blocks a visitor or a number, null when nothing does; asked anew whenever another one is shown. */
export function useBlock(kind: 'visitor' | 'phone', value: string): Block | null {
  const { api, console, nowMs } = useApp();
  useEffect(() => {
    // Without an answer nothing is said to be blocked; the server refuses all the same.
    if (console.answers) listBlocks(api).catch(() => {});
  }, [kind, value]);
  return known.value.find((block) => blocks(block, kind, value, nowMs.value)) ?? null;
}

export function blocks(block: Block, kind: 'visitor' | 'phone', value: string, nowMs: number): boolean {
  if (block.expiresAtMs !== null && block.expiresAtMs <= nowMs) return false;
  if (kind === 'phone' && block.kind === 'prefix') return value.startsWith(block.value);
  return block.kind === kind && block.value === value;
}

/** Tell what was blocked, with the way back. */
export function sayBlocked(api: Api, block: Block): void {
  say(gettext('{name} is blocked.', { name: nameOfBlock(block) }), false, {
    label: gettext('Undo'),
    run: () => unblock(api, block),
  });
}

/** Let somebody in again. */
export function unblock(api: Api, block: Block): void {
  removeBlock(api, block.id).then(
    () => say(gettext('{name} is not blocked any more.', { name: nameOfBlock(block) })),
    (thrown) => say(errorText(toAskError(thrown)), true),
  );
}

/** Whom it is about, as a person reads it. */
export function nameOfBlock({ kind, value, label }: Block): string {
  if (kind === 'visitor') {
    const number = /^#(\d+)$/.exec(label ?? '')?.[1];
    if (number) return visitorName({ name: null, number: Number(number) });
    return label ?? gettext('A visitor who is not known any more');
  }
  return kind === 'prefix' ? `${value}…` : value;
}

export function kindText(kind: Kind): string {
  switch (kind) {
    case 'phone':
      return gettext('Phone number');
    case 'prefix':
      return gettext('Numbers that begin with');
    case 'network':
      return gettext('Network address');
    case 'visitor':
      return gettext('Visitor');
  }
}

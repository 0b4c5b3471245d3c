// Blocks as the console keeps them: asking the server, and the words for each kind.
import type { Block, BlockCreate, BlockList, BlockReply } from '../../../widget/src/shared/contracts.gen';
import { errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import type { Api } from '../app/api';
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

export async function listBlocks(api: Api): Promise<readonly Block[]> {
  return ((await api.call('GET', '/blocks')) as BlockList).blocks;
}

export async function addBlock(api: Api, wanted: BlockCreate): Promise<Block> {
  return ((await api.call('POST', '/blocks', wanted)) as BlockReply).block;
}

export async function removeBlock(api: Api, id: string): Promise<void> {
  await api.call('DELETE', `/blocks/${encodeURIComponent(id)}`);
}

/** Tell what was blocked, with the way back. */
export function sayBlocked(api: Api, block: Block, undone?: () => void): void {
  const undo = () =>
    removeBlock(api, block.id).then(
      () => {
        undone?.();
        say(gettext('{name} is not blocked any more.', { name: nameOfBlock(block) }));
      },
      (thrown) => say(errorText(toAskError(thrown)), true),
    );
  say(gettext('{name} is blocked.', { name: nameOfBlock(block) }), false, {
    label: gettext('Undo'),
    run: () => void undo(),
  });
}

/** Whom it is about, as a person reads it. */
export function nameOfBlock({ kind, value, label }: Block): string {
  if (kind === 'visitor') return label ?? gettext('A visitor who is not known any more');
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

// What the inbox shows beside the data: the search, drafts, the composer's mode. It outlives a change of screens.
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { InboxConversation } from '../../../widget/src/shared/contracts.gen';
import type { Console } from '../app/console';
import { type Group, groupOf, neighbour, ordered } from './list';

export type Mode = 'reply' | 'note';

export interface InboxView {
  readonly query: Signal<string>;
  /** Only conversations that were put into the queue for this department; null for all. */
  readonly departmentId: Signal<string | null>;
  readonly mode: Signal<Mode>;
  readonly paneOpen: Signal<boolean>;
  readonly groups: ReadonlySignal<{ group: Group; items: InboxConversation[] }[]>;
  /** Raised by one when the composer should take the focus. */
  readonly focusWanted: Signal<number>;
  draft(id: string): string;
  keepDraft(id: string, text: string): void;
  /** The conversation below or above the open one. */
  next(step: 1 | -1): string | null;
  /** Where to go after the open one is closed: the next that is waiting or mine. */
  after(id: string): string | null;
  write(mode: Mode): void;
}

export function openInboxView(console: Console): InboxView {
  const { desk, me } = console;
  const query = signal('');
  const departmentId = signal<string | null>(null);
  /** One that was removed meanwhile hides nothing. */
  const wanted = computed(
    () => console.departments.value.find((one) => one.id === departmentId.value)?.id ?? null,
  );
  const mode = signal<Mode>('reply');
  const focusWanted = signal(0);
  const drafts = new Map<string, string>();
  const groups = computed(() => ordered(desk.inbox.value, me.value.id, query.value, wanted.value));
  const shown = () => groups.value.flatMap((part) => part.items);

  return {
    query,
    departmentId,
    mode,
    focusWanted,
    paneOpen: signal(false),
    groups,
    draft: (id) => drafts.get(id) ?? '',
    keepDraft(id, text) {
      if (text) drafts.set(id, text);
      else drafts.delete(id);
    },
    next: (step) =>
      neighbour(
        shown().map((one) => one.id),
        desk.openId.value,
        step,
      ),
    after(id) {
      const mine = me.value.id;
      const due = shown().filter((one) => one.id !== id && ['waiting', 'mine'].includes(groupOf(one, mine)));
      return due[0]?.id ?? null;
    },
    write(to) {
      mode.value = to;
      focusWanted.value += 1;
    },
  };
}

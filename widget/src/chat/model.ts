/** The conversation as this tab knows it: what was said, what is on its way, who types, what was read. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import type { Keep } from '../session/keep';
import type { Link, Visit } from '../session/live';
import type { Now } from '../shared/clock';
import type { Conversation, Message, Receipts } from '../shared/contracts.gen';
import type { AskError } from '../shared/errors.visitor';
import { toAskError } from '../shared/errors.visitor';
import { mergedReceipts } from '../shared/receipts';
import { createOutbox, type OutboxStore, type Pending } from './outbox';
import { emptySequence, hasHole, lastSeq, prepend, receive, type Sequence } from './sequence';

/** Messages shown at first; earlier ones on request. */
const FIRST_PAGE = 100;
const HOLE_MS = 200;
const OPEN_NUMBER_MS = 2000;
const TYPING_SAID_MS = 3000;
const TYPING_FORGOTTEN_MS = 5000;
export const MAX_LENGTH = 4000;

/** How long a message is as the server counts it: in characters, an emoji is one, not in UTF-16 units. */
export const lengthOf = (text: string): number => [...text.trim()].length;

export interface Chat {
  readonly sequence: ReadonlySignal<Sequence>;
  readonly pending: ReadonlySignal<readonly Pending[]>;
  readonly conversation: ReadonlySignal<Conversation | null>;
  readonly receipts: ReadonlySignal<Receipts | null>;
  /** Name of the one who types, "" for a nameless one, null for nobody. */
  readonly typing: ReadonlySignal<string | null>;
  readonly unread: ReadonlySignal<number>;
  /** Why the conversation could not be loaded; null when all is well. */
  readonly failure: ReadonlySignal<AskError | null>;
  readonly draft: Signal<string>;
  /** Set by the panel: whether the visitor is looking at the conversation. */
  readonly isVisible: Signal<boolean>;
  /** Send the draft, or `text`. A draft that is too long stays where it is. */
  send(text?: string): void;
  typed(): void;
  discard(clientMessageId: string): Promise<void>;
  /** Put a refused message back into the composer. */
  edit(clientMessageId: string): Promise<void>;
  loadEarlier(): Promise<void>;
  sync(): void;
  forget(): Promise<void>;
}

export interface ChatOptions {
  link: Link;
  visit: Visit;
  keep: Keep;
  store: OutboxStore;
  newId(): string;
  now: Now;
  random(): number;
}

export function createChat({ link, visit, keep, store, newId, now, random }: ChatOptions): Chat {
  const sequence = signal(emptySequence());
  const pending = signal<readonly Pending[]>([]);
  const conversation = signal<Conversation | null>(null);
  const receipts = signal<Receipts | null>(null);
  const typing = signal<string | null>(null);
  const failure = signal<AskError | null>(null);
  const draft = signal('');
  const isVisible = signal(false);
  /** Numbers the server has our receipt for. */
  const told = { delivered: 0, read: 0 };
  let typingTimer: ReturnType<typeof setTimeout> | undefined;
  let typedAtMs = 0;
  let isSyncing = false;
  let syncAgain = false;

  const outbox = createOutbox({
    store,
    async send({ clientMessageId, text }) {
      const { message } = await link.ask('chat:send', { clientMessageId, text });
      take([message]);
    },
    mySend: () => link.state.value === 'online' && (link.leads() || !store.shared),
    onChange: (next) => {
      pending.value = next;
    },
    now,
    random,
    later: (ms, run) => void setTimeout(run, ms),
  });
  const told2tabs = () => link.note('outbox');

  function take(incoming: readonly Message[]) {
    const first = incoming[0];
    if (!first) return;
    batch(() => {
      const current = conversation.value;
      if (current && current.id !== first.conversationId) {
        sequence.value = emptySequence();
        conversation.value = null;
      }
      conversation.value ??= {
        id: first.conversationId,
        status: 'waiting',
        assignee: null,
        lastSeq: 0,
        receipts: receipts.value ?? {
          visitorDeliveredSeq: 0,
          visitorReadSeq: 0,
          consultantDeliveredSeq: 0,
          consultantReadSeq: 0,
        },
      };
      sequence.value = receive(sequence.value, incoming);
    });
    if (hasHole(sequence.value)) setTimeout(sync, HOLE_MS + random() * 300);
  }

  async function replay() {
    let after = lastSeq(sequence.value);
    for (;;) {
      const reply = await link.ask('chat:sync', { afterSeq: after });
      take(reply.messages);
      const reached = lastSeq(sequence.value);
      if (reached >= reply.lastSeq) return;
      if (reached === after) {
        // A number below is still open: whose it was may have died. The server decides that within 10 s.
        setTimeout(sync, OPEN_NUMBER_MS * (0.5 + random()));
        return;
      }
      after = reached;
    }
  }

  function sync() {
    if (isSyncing) {
      syncAgain = true;
      return;
    }
    if (!conversation.value || link.state.value !== 'online') return;
    isSyncing = true;
    replay()
      .then(() => {
        failure.value = null;
      })
      .catch((error) => {
        const refused = toAskError(error);
        if (refused.code === 'connection_lost') return;
        failure.value = refused;
        if (refused.retry) setTimeout(sync, 3000 * (0.5 + random()));
      })
      .finally(() => {
        isSyncing = false;
        if (syncAgain) {
          syncAgain = false;
          sync();
        }
      });
  }

  /** Take over a conversation as it was told. What was read before the one known now moves receipts at most. */
  function see(next: Conversation | null) {
    const known = conversation.value;
    const isOther = known && known.id !== next?.id;
    // The first receipts may come before the conversation itself.
    const had = !isOther && receipts.value;
    if (isOther) sequence.value = emptySequence();
    if (isOther || !known || !next || next.lastSeq >= known.lastSeq) conversation.value = next;
    receipts.value = next && (had ? mergedReceipts(had, next.receipts) : next.receipts);
  }

  visit.onStarted((started) => {
    batch(() => {
      see(started.conversation);
      const current = sequence.value;
      // A long absence is not replayed line by line; what is earlier comes on request.
      if (started.lastSeq - lastSeq(current) > FIRST_PAGE) {
        sequence.value = emptySequence(started.lastSeq - FIRST_PAGE);
      }
    });
    told.delivered = told.read = 0;
    report();
    sync();
    outbox.flush();
  });

  link.on('chat:message', ({ message }) => {
    if (message.author.kind !== 'visitor') setTyping(null);
    take([message]);
  });
  link.on('chat:state', (told) => {
    batch(() => see(told.conversation));
    if (told.conversation.lastSeq > lastSeq(sequence.value)) setTimeout(sync, HOLE_MS);
  });
  link.on('chat:read', (told) => {
    const known = receipts.value;
    receipts.value = known ? mergedReceipts(known, told.receipts) : told.receipts;
  });
  link.on('chat:typing', ({ author, typing: isTyping }) => {
    if (author.kind !== 'visitor') setTyping(isTyping ? (author.name ?? '') : null);
  });
  link.onNote('outbox', () => {
    void outbox.reload().then(outbox.flush);
  });

  function setTyping(name: string | null) {
    clearTimeout(typingTimer);
    typing.value = name;
    if (name !== null) typingTimer = setTimeout(setTyping, TYPING_FORGOTTEN_MS, null);
  }

  /** Tell the server how far this visitor has got: delivered to a tab, or read by a person. */
  function report() {
    const seq = lastSeq(sequence.value);
    const kind = isVisible.value ? 'read' : 'delivered';
    const known = receipts.value;
    const before = Math.max(
      told[kind],
      (kind === 'read' ? known?.visitorReadSeq : known?.visitorDeliveredSeq) ?? 0,
    );
    if (seq <= before || link.state.value !== 'online') return;
    told[kind] = seq;
    link.ask('chat:read', { seq, kind }).catch(() => {
      told[kind] = Math.min(told[kind], before);
    });
  }
  effect(() => {
    void [sequence.value, isVisible.value, link.state.value];
    report();
  });

  const readHere = signal(0);
  effect(() => {
    if (isVisible.value) readHere.value = Math.max(readHere.peek(), lastSeq(sequence.value));
  });
  const unread = computed(() => {
    const read = Math.max(readHere.value, receipts.value?.visitorReadSeq ?? 0);
    const fromUs = (m: Message) => m.kind === 'text' && m.author.kind !== 'visitor';
    return sequence.value.messages.filter((m) => m.seq > read && fromUs(m)).length;
  });

  effect(() => {
    if (link.state.value === 'online') outbox.flush();
    else setTyping(null);
  });
  if (keep.isAllowed()) void outbox.reload().then(outbox.flush);

  return {
    sequence,
    pending,
    conversation,
    receipts,
    typing,
    unread,
    failure,
    draft,
    isVisible,
    send(text = draft.value) {
      const words = text.trim();
      if (!words || lengthOf(words) > MAX_LENGTH) return;
      if (text === draft.value) draft.value = '';
      keep.allow();
      typedAtMs = 0;
      void outbox.add(newId(), words).then(told2tabs);
    },
    typed() {
      const isTyping = draft.value.trim() !== '';
      if (isTyping && now() - typedAtMs < TYPING_SAID_MS) return;
      if (!isTyping && !typedAtMs) return;
      typedAtMs = isTyping ? now() : 0;
      if (conversation.value) link.ask('chat:typing', { typing: isTyping }).catch(() => {});
    },
    async discard(id) {
      await outbox.discard(id);
      told2tabs();
    },
    async edit(id) {
      const text = await outbox.discard(id);
      told2tabs();
      draft.value = draft.value ? `${text}\n${draft.value}` : text;
    },
    async loadEarlier() {
      const { base } = sequence.value;
      if (!base) return;
      try {
        const reply = await link.ask('chat:sync', { afterSeq: Math.max(0, base - FIRST_PAGE) });
        sequence.value = prepend(sequence.value, reply.messages);
      } catch (error) {
        failure.value = toAskError(error);
      }
    },
    sync,
    async forget() {
      await outbox.clear();
      batch(() => {
        sequence.value = emptySequence();
        conversation.value = null;
        receipts.value = null;
      });
    },
  };
}

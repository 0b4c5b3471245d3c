// The consultant's desk: conversations, the open thread, the outbox, receipts and typing. Signals over the pure rules.
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type {
  Author,
  Lead,
  Message,
  TypingTold,
  VisitorCard,
} from '../../../widget/src/shared/contracts.gen';
import { toAskError } from '../../../widget/src/shared/errors';
import type { Link } from '../app/link';
import {
  fromSnapshot,
  groupOf,
  type Inbox,
  withConversation,
  withMessage,
  withoutVisitor,
  withReceipts,
  withVisitor,
} from './list';
import type { Outbox } from './outbox';
import { EMPTY_THREAD, holeAfter, type Pending, type Thread, visitorLinesAfter, withLines } from './thread';

export interface Typing {
  readonly conversationId: string;
  readonly author: Author;
  readonly untilMs: number;
}

export interface DeskParts {
  readonly link: Link;
  readonly myId: string;
  /** Whether this role answers visitors; others only read along and leave no receipts. */
  readonly answers: boolean;
  /** Whether a person looks at this window now. */
  readonly attention: ReadonlySignal<boolean>;
  readonly outbox: Outbox;
  readonly now: () => number;
  readonly newId: () => string;
  readonly later: (run: () => void, inMs: number) => void;
  /** Where a call:start's lead goes. */
  readonly onLead: (lead: Lead) => void;
}

const TYPING_MS = 5_000;
const TYPING_EVERY_MS = 2_500;
const AGAIN_MS = 2_000;
const SETTLE_MS = 400;
/** After so many bugs of the server's in a row a message is shown as failed, for the person to decide. */
const BUG_TRIES = 3;

export type Desk = ReturnType<typeof openDesk>;

export function openDesk({ link, myId, answers, attention, outbox, now, newId, later, onLead }: DeskParts) {
  const inbox: Signal<Inbox> = signal(new Map());
  const threads = signal<ReadonlyMap<string, Thread>>(new Map());
  const pending = signal<readonly Pending[]>(outbox.load());
  const typing = signal<readonly Typing[]>([]);
  const openId = signal<string | null>(null);
  const newAfterSeq = signal<number | null>(null);
  const state = signal<'loading' | 'ready' | 'forbidden'>('loading');
  const syncing = signal<ReadonlySet<string>>(new Set());
  const touched = new Set<string>();
  const sending = new Set<string>();
  const deliveredTold = new Map<string, number>();
  const untold = new Map<string, number>();
  let telling = false;
  const bugs = new Map<string, number>();
  let typedAtMs = 0;

  const threadOf = (id: string): Thread => threads.value.get(id) ?? EMPTY_THREAD;
  const keep = (id: string, thread: Thread) => {
    if (threads.value.get(id) !== thread) threads.value = new Map(threads.value).set(id, thread);
  };
  const setPending = (next: readonly Pending[]) => {
    pending.value = next;
    outbox.save(next);
  };

  // --- snapshots -------------------------------------------------------------------------------------------------
  async function refresh(): Promise<void> {
    touched.clear();
    try {
      const { conversations } = await link.ask('inbox:list', {});
      inbox.value = fromSnapshot(conversations, inbox.value, touched);
      state.value = 'ready';
      for (const one of conversations)
        if (one.lastAuthorKind === 'visitor') tellDelivered(one.id, one.lastSeq);
    } catch (failure) {
      if (toAskError(failure).code === 'forbidden') state.value = 'forbidden';
      else later(() => link.state.value === 'online' && void refresh(), AGAIN_MS);
    }
  }

  /** Fill the thread from its first hole until nothing is missing; `ask` at least once when `force`. */
  async function fill(id: string, force = false): Promise<void> {
    if (syncing.value.has(id)) return;
    syncing.value = new Set(syncing.value).add(id);
    let failed = false;
    try {
      for (let first = force; first || holeAfter(threadOf(id)) !== null; first = false) {
        const before = threadOf(id).completeSeq;
        const reply = await link.ask('chat:sync', { conversationId: id, afterSeq: before });
        keep(id, withLines(threadOf(id), reply.messages, reply.lastSeq));
        if (threadOf(id).completeSeq === before && holeAfter(threadOf(id)) !== null) {
          failed = true;
          break;
        }
      }
    } catch (failure) {
      failed = toAskError(failure).retry;
    }
    const rest = new Set(syncing.value);
    rest.delete(id);
    syncing.value = rest;
    if (failed && openId.value === id) later(() => link.state.value === 'online' && void fill(id), AGAIN_MS);
  }

  // --- sending ---------------------------------------------------------------------------------------------------
  async function flush(conversationId: string): Promise<void> {
    if (sending.has(conversationId) || link.state.value !== 'online') return;
    sending.add(conversationId);
    let againInMs: number | null = null;
    for (;;) {
      const next = pending.value.find((one) => one.conversationId === conversationId && one.refusal === null);
      if (!next) break;
      try {
        const { clientMessageId, text, note } = next;
        const { message } = await link.ask('chat:send', { conversationId, clientMessageId, text, note });
        batch(() => {
          receive(message);
          setPending(pending.value.filter((one) => one.clientMessageId !== clientMessageId));
        });
      } catch (failure) {
        const refusal = toAskError(failure);
        const tries = (bugs.get(next.clientMessageId) ?? 0) + Number(refusal.code === 'internal_error');
        bugs.set(next.clientMessageId, tries);
        if (refusal.retry && tries < BUG_TRIES) {
          againInMs = Number(refusal.details.retryAfterS ?? 0) * 1000 || AGAIN_MS;
          break;
        }
        bugs.delete(next.clientMessageId);
        setPending(
          pending.value.map((one) =>
            one.clientMessageId === next.clientMessageId
              ? { ...one, refusal: { code: refusal.code, details: refusal.details } }
              : one,
          ),
        );
      }
    }
    sending.delete(conversationId);
    if (againInMs !== null) later(() => void flush(conversationId), againInMs);
  }

  function flushAll(): void {
    for (const id of new Set(pending.value.map((one) => one.conversationId))) void flush(id);
  }

  // --- what the server tells -------------------------------------------------------------------------------------
  function receive(message: Message): void {
    const id = message.conversationId;
    touched.add(id);
    if (!inbox.value.has(id)) void refresh();
    inbox.value = withMessage(inbox.value, message);
    if (threads.value.has(id)) {
      keep(id, withLines(threadOf(id), [message]));
      if (holeAfter(threadOf(id)) !== null) void fill(id);
    }
    const author = message.author;
    typing.value = typing.value.filter((one) => one.conversationId !== id || !sameAuthor(one.author, author));
    if (author.kind === 'visitor') tellDelivered(id, message.seq);
  }

  function tellDelivered(id: string, seq: number): void {
    const conversation = inbox.value.get(id);
    if (!answers || !conversation || groupOf(conversation, myId) === 'others') return;
    const told = deliveredTold.get(id) ?? conversation.receipts.consultantDeliveredSeq;
    if (seq <= told) return;
    deliveredTold.set(id, seq);
    untold.delete(id);
    untold.set(id, seq);
    void tellAll();
  }

  /** One by one, the newest first: the server takes so many a second, and a hundred conversations may wait. */
  async function tellAll(): Promise<void> {
    if (telling) return;
    telling = true;
    while (link.state.value === 'online') {
      const next = [...untold].at(-1);
      if (!next) break;
      const [conversationId, seq] = next;
      try {
        await link.ask('chat:read', { conversationId, seq, kind: 'delivered' });
      } catch (failure) {
        const { retry, details } = toAskError(failure);
        if (retry) {
          later(() => void tellAll(), Number(details.retryAfterS ?? 0) * 1000 || AGAIN_MS);
          break;
        }
      }
      if (untold.get(conversationId) === seq) untold.delete(conversationId);
    }
    telling = false;
  }

  function hearTyping({ conversationId, author, typing: on }: TypingTold): void {
    if (author.kind === 'consultant' && author.id === myId) return;
    const others = typing.value.filter(
      (one) => one.conversationId !== conversationId || !sameAuthor(one.author, author),
    );
    typing.value = on ? [...others, { conversationId, author, untilMs: now() + TYPING_MS }] : others;
    if (on) later(() => (typing.value = typing.value.filter((one) => one.untilMs > now())), TYPING_MS + 50);
  }

  link.on('chat:message', ({ message }) => receive(message));
  link.on('chat:state', ({ conversation }) => {
    touched.add(conversation.id);
    inbox.value = withConversation(inbox.value, conversation);
    // The first line of a conversation comes before the conversation itself is known here.
    if (conversation.lastAuthorKind === 'visitor') tellDelivered(conversation.id, conversation.lastSeq);
    if (!threads.value.has(conversation.id)) return;
    keep(conversation.id, withLines(threadOf(conversation.id), [], conversation.lastSeq));
    // The line itself is usually on its way; ask only when it does not come.
    later(() => holeAfter(threadOf(conversation.id)) !== null && void fill(conversation.id), SETTLE_MS);
  });
  link.on('chat:read', ({ conversationId, receipts }) => {
    inbox.value = withReceipts(inbox.value, conversationId, receipts, (seq) =>
      visitorLinesAfter(threadOf(conversationId), seq),
    );
  });
  link.on('chat:typing', hearTyping);
  link.on('visitor:erased', ({ visitorId }) => {
    const gone = [...inbox.value.values()].filter((one) => one.visitor.id === visitorId).map((one) => one.id);
    batch(() => {
      inbox.value = withoutVisitor(inbox.value, visitorId);
      threads.value = new Map([...threads.value].filter(([id]) => !gone.includes(id)));
      setPending(pending.value.filter((one) => !gone.includes(one.conversationId)));
    });
  });
  link.on('visitor:updated', ({ visitor }) => seeVisitor(visitor));
  link.onConnect(() => {
    const id = openId.peek();
    // Other threads may have grown unseen; they are read anew when they are opened.
    threads.value = new Map([...threads.peek()].filter(([one]) => one === id));
    deliveredTold.clear();
    untold.clear();
    void refresh();
    if (id !== null) void fill(id, true);
    flushAll();
  });

  function seeVisitor(visitor: VisitorCard): void {
    inbox.value = withVisitor(inbox.value, visitor);
  }

  // --- reading: what a person has before the eyes is read --------------------------------------------------------
  const readable = computed(() => {
    const id = openId.value;
    const conversation = id === null ? undefined : inbox.value.get(id);
    if (!answers || !conversation || !attention.value || link.state.value !== 'online') return null;
    if (groupOf(conversation, myId) === 'others') return null;
    const seq = threadOf(conversation.id).completeSeq;
    return seq > conversation.receipts.consultantReadSeq && conversation.unread > 0
      ? `${conversation.id}/${seq}`
      : null;
  });
  effect(() => {
    const due = readable.value;
    if (due === null) return;
    const [conversationId, seq] = due.split('/') as [string, string];
    const receipts = inbox.peek().get(conversationId)?.receipts;
    if (!receipts) return;
    link.ask('chat:read', { conversationId, seq: Number(seq), kind: 'read' }).then(
      () => {
        const read = { ...receipts, consultantReadSeq: Number(seq), consultantDeliveredSeq: Number(seq) };
        const after = (above: number) => visitorLinesAfter(threadOf(conversationId), above);
        inbox.value = withReceipts(inbox.value, conversationId, read, after);
      },
      () => undefined,
    );
  });

  return {
    inbox: inbox as ReadonlySignal<Inbox>,
    pending: pending as ReadonlySignal<readonly Pending[]>,
    typing: typing as ReadonlySignal<readonly Typing[]>,
    openId: openId as ReadonlySignal<string | null>,
    newAfterSeq: newAfterSeq as ReadonlySignal<number | null>,
    state: state as ReadonlySignal<'loading' | 'ready' | 'forbidden'>,
    syncing: syncing as ReadonlySignal<ReadonlySet<string>>,
    threadOf,
    refresh,

    /** Show a conversation (null: none) and fetch what is missing of it. */
    open(id: string | null): void {
      if (openId.value === id) return;
      const conversation = id === null ? undefined : inbox.value.get(id);
      batch(() => {
        openId.value = id;
        newAfterSeq.value =
          conversation && conversation.unread > 0 ? conversation.receipts.consultantReadSeq : null;
        if (id !== null && conversation) keep(id, withLines(threadOf(id), [], conversation.lastSeq));
      });
      if (id !== null && link.state.value === 'online') void fill(id, true);
    },

    /** Show the message at once and send it until it is acknowledged or refused. */
    send(conversationId: string, text: string, note: boolean): void {
      const one: Pending = {
        clientMessageId: newId(),
        conversationId,
        text,
        note,
        atMs: now(),
        refusal: null,
      };
      setPending([...pending.value, one]);
      newAfterSeq.value = null;
      typedAtMs = 0;
      void flush(conversationId);
    },

    /** Send a refused message again, under its own id. */
    resend(clientMessageId: string): void {
      const again = pending.value.find((one) => one.clientMessageId === clientMessageId);
      if (!again) return;
      setPending(pending.value.map((one) => (one === again ? { ...one, refusal: null } : one)));
      void flush(again.conversationId);
    },

    /** Drop a refused message and return its text. */
    discard(clientMessageId: string): string {
      const dropped = pending.value.find((one) => one.clientMessageId === clientMessageId);
      setPending(pending.value.filter((one) => one !== dropped));
      return dropped?.text ?? '';
    },

    /** A key was pressed in the composer; told at most every 2.5 s. */
    typed(conversationId: string): void {
      if (link.state.value !== 'online' || now() - typedAtMs < TYPING_EVERY_MS) return;
      typedAtMs = now();
      link.ask('chat:typing', { conversationId, typing: true }).catch(() => undefined);
    },

    async claim(conversationId: string): Promise<void> {
      const { conversation } = await link.ask('chat:claim', { conversationId });
      inbox.value = withConversation(inbox.value, conversation);
    },

    async transfer(conversationId: string, toPersonId: string): Promise<void> {
      const { conversation } = await link.ask('chat:transfer', { conversationId, toPersonId });
      inbox.value = withConversation(inbox.value, conversation);
    },

    /** Put it into the queue, for a department or for everyone. */
    async requeue(conversationId: string, departmentId: string | null): Promise<void> {
      const { conversation } = await link.ask('chat:requeue', { conversationId, departmentId });
      inbox.value = withConversation(inbox.value, conversation);
    },

    async close(conversationId: string): Promise<void> {
      const { conversation } = await link.ask('chat:close', { conversationId });
      inbox.value = withConversation(inbox.value, conversation);
    },

    /** Call the number, or without one ask the visitor for it. Returns whether the visitor was asked. */
    async startCall(conversationId: string, phone: string, clientRequestId: string): Promise<boolean> {
      const wanted = { conversationId, clientRequestId, ...(phone ? { phone } : {}) };
      const { lead, offered } = await link.ask('call:start', wanted);
      if (lead) onLead(lead);
      return offered;
    },
  };
}

function sameAuthor(a: Author, b: Author): boolean {
  // A conversation has one visitor, who is not always named.
  return a.kind === b.kind && (a.kind === 'visitor' || a.id === b.id);
}

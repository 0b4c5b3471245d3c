// The inbox as pure functions: a snapshot, and deltas that lead to the same state as a fresh snapshot.
import type {
  InboxConversation,
  Message,
  Receipts,
  VisitorCard,
} from '../../../widget/src/shared/contracts.gen';
import { mergedReceipts } from '../../../widget/src/shared/receipts';

export type Inbox = ReadonlyMap<string, InboxConversation>;
export type Group = 'waiting' | 'mine' | 'others' | 'closed';
export const GROUPS: readonly Group[] = ['waiting', 'mine', 'others', 'closed'];
const LAST_TEXT_MAX = 200;

/** An inbox:list reply. What an event made newer while the reply travelled (`touched`) stays. */
export function fromSnapshot(
  conversations: readonly InboxConversation[],
  known: Inbox = new Map(),
  touched: ReadonlySet<string> = new Set(),
): Inbox {
  const inbox = new Map<string, InboxConversation>();
  for (const one of conversations) inbox.set(one.id, newer(known.get(one.id), one));
  for (const id of touched) {
    const overtaking = known.get(id);
    if (overtaking && !inbox.has(id)) inbox.set(id, overtaking);
  }
  return inbox;
}

/** A chat:state event. An older copy changes nothing but receipts, which only grow. */
export function withConversation(inbox: Inbox, conversation: InboxConversation): Inbox {
  const before = inbox.get(conversation.id);
  const after = newer(before, conversation);
  return after === before ? inbox : new Map(inbox).set(after.id, after);
}

/** A chat:message event. One that is counted already changes nothing, so a repeat is harmless. */
export function withMessage(inbox: Inbox, message: Message): Inbox {
  const before = inbox.get(message.conversationId);
  if (!before || message.seq <= before.lastSeq) return inbox;
  const after = {
    ...before,
    lastSeq: message.seq,
    updatedAtMs: Math.max(before.updatedAtMs, message.sentAtMs),
  };
  if (message.kind === 'text') {
    after.lastText = message.text.slice(0, LAST_TEXT_MAX);
    after.lastAuthorKind = message.author.kind;
    if (message.author.kind === 'visitor') {
      after.waitingSinceMs = before.waitingSinceMs ?? message.sentAtMs;
      if (message.seq > before.receipts.consultantReadSeq) after.unread = before.unread + 1;
    } else if (message.author.kind === 'consultant') {
      after.waitingSinceMs = null;
    }
  }
  return new Map(inbox).set(after.id, after);
}

/**
 * A chat:read event.
 *
 * `unreadAfter(seq)` counts the visitor's messages above a number where the thread is loaded, and is null where it is not;
 * then only "everything is read" is certain.
 */
export function withReceipts(
  inbox: Inbox,
  conversationId: string,
  receipts: Receipts,
  unreadAfter: (seq: number) => number | null = () => null,
): Inbox {
  const before = inbox.get(conversationId);
  if (!before) return inbox;
  const merged = mergedReceipts(before.receipts, receipts);
  const moved = merged.consultantReadSeq > before.receipts.consultantReadSeq;
  const left = merged.consultantReadSeq >= before.lastSeq ? 0 : unreadAfter(merged.consultantReadSeq);
  const unread = moved && left !== null ? left : before.unread;
  return new Map(inbox).set(conversationId, { ...before, receipts: merged, unread });
}

/** A visitor:updated event, in whichever conversations the visitor has. */
export function withVisitor(inbox: Inbox, visitor: VisitorCard): Inbox {
  let after: Map<string, InboxConversation> | null = null;
  for (const one of inbox.values()) {
    if (one.visitor.id !== visitor.id || visitor.lastSeenAtMs < one.visitor.lastSeenAtMs) continue;
    after ??= new Map(inbox);
    after.set(one.id, { ...one, visitor });
  }
  return after ?? inbox;
}

/** A visitor:erased event: nothing of what they said is here any more. */
export function withoutVisitor(inbox: Inbox, visitorId: string): Inbox {
  const left = [...inbox].filter(([, one]) => one.visitor.id !== visitorId);
  return left.length === inbox.size ? inbox : new Map(left);
}

export function groupOf(conversation: InboxConversation, myId: string): Group {
  if (conversation.status === 'closed') return 'closed';
  if (conversation.status === 'waiting') return 'waiting';
  return conversation.assigneeId === myId ? 'mine' : 'others';
}

/** The list from top to bottom: who waits longest comes first, then who spoke last. */
export function ordered(
  inbox: Inbox,
  myId: string,
  query = '',
  departmentId: string | null = null,
): { group: Group; items: InboxConversation[] }[] {
  const wanted = [...inbox.values()].filter(
    (one) => matches(one, query) && (departmentId === null || one.departmentId === departmentId),
  );
  return GROUPS.map((group) => ({
    group,
    items: wanted
      .filter((one) => groupOf(one, myId) === group)
      .sort(group === 'closed' ? byRecency : byPressure),
  })).filter((part) => part.items.length > 0);
}

/** Unread messages that concern this person: what waits for anyone, and what is theirs. */
export function unreadFor(inbox: Inbox, myId: string): number {
  let count = 0;
  for (const one of inbox.values()) {
    const group = groupOf(one, myId);
    if (group === 'waiting') count += Math.max(1, one.unread);
    else if (group === 'mine') count += one.unread;
  }
  return count;
}

/** The conversation below (or above) the given one in the order shown; the first when nothing is chosen. */
export function neighbour(ids: readonly string[], from: string | null, step: 1 | -1): string | null {
  if (ids.length === 0) return null;
  const at = from === null ? -1 : ids.indexOf(from);
  if (at < 0) return ids.at(step === 1 ? 0 : -1) ?? null;
  return ids.at(Math.min(ids.length - 1, Math.max(0, at + step))) ?? null;
}

function newer(known: InboxConversation | undefined, told: InboxConversation): InboxConversation {
  if (!known) return told;
  const stale = told.lastSeq < known.lastSeq || told.updatedAtMs < known.updatedAtMs;
  const receipts = mergedReceipts(known.receipts, told.receipts);
  if (stale) return { ...known, receipts };
  const visitor = told.visitor.lastSeenAtMs < known.visitor.lastSeenAtMs ? known.visitor : told.visitor;
  // It may have been read before the receipts moved.
  const unread = receipts.consultantReadSeq >= told.lastSeq ? 0 : told.unread;
  return { ...told, receipts, visitor, unread };
}

function matches(conversation: InboxConversation, query: string): boolean {
  const words = query.trim().toLocaleLowerCase();
  if (!words) return true;
  const { visitor, lastText, assigneeName } = conversation;
  const about = [
    visitor.name ?? '',
    `#${visitor.number}`,
    lastText,
    assigneeName ?? '',
    visitor.page?.title ?? '',
  ];
  return about.some((text) => text.toLocaleLowerCase().includes(words));
}

function byPressure(a: InboxConversation, b: InboxConversation): number {
  if (a.waitingSinceMs !== null && b.waitingSinceMs !== null) {
    return a.waitingSinceMs - b.waitingSinceMs || byId(a, b);
  }
  if (a.waitingSinceMs !== null) return -1;
  if (b.waitingSinceMs !== null) return 1;
  return byRecency(a, b);
}

function byRecency(a: InboxConversation, b: InboxConversation): number {
  return b.updatedAtMs - a.updatedAtMs || byId(a, b);
}

function byId(a: InboxConversation, b: InboxConversation): number {
  return a.id < b.id ? -1 : 1;
}

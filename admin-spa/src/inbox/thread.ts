// A conversation's timeline as pure functions: numbered lines, holes, and the rows that a screen draws.
import type { Message, Receipts } from '../../../widget/src/shared/contracts.gen';

export interface Thread {
  readonly lines: ReadonlyMap<number, Message>;
  /** Everything from 1 to here is present. */
  readonly completeSeq: number;
  /** The highest number anybody told us of. */
  readonly lastSeq: number;
}

export interface Pending {
  readonly clientMessageId: string;
  readonly conversationId: string;
  readonly text: string;
  readonly note: boolean;
  readonly atMs: number;
  /** A refusal's code once sending again cannot help; null while it is on its way. */
  readonly refusal: { code: string; details: Record<string, unknown> } | null;
}

export const EMPTY_THREAD: Thread = { lines: new Map(), completeSeq: 0, lastSeq: 0 };
const GROUP_MS = 5 * 60_000;

/** Add what a chat:message or a chat:sync brought; a line that is there already stays as it is. */
export function withLines(thread: Thread, messages: readonly Message[], lastSeq = 0): Thread {
  let lines: Map<number, Message> | null = null;
  let highest = Math.max(thread.lastSeq, lastSeq);
  for (const message of messages) {
    highest = Math.max(highest, message.seq);
    if (thread.lines.has(message.seq)) continue;
    lines ??= new Map(thread.lines);
    lines.set(message.seq, message);
  }
  if (!lines) return highest === thread.lastSeq ? thread : { ...thread, lastSeq: highest };
  let completeSeq = thread.completeSeq;
  while (lines.has(completeSeq + 1)) completeSeq += 1;
  return { lines, completeSeq, lastSeq: highest };
}

/** The number to ask chat:sync after, or null while there is no hole. */
export function holeAfter(thread: Thread): number | null {
  return thread.completeSeq < thread.lastSeq ? thread.completeSeq : null;
}

/** The visitor's messages above a number, or null while the thread has a hole and nobody can know. */
export function visitorLinesAfter(thread: Thread, seq: number): number | null {
  if (holeAfter(thread) !== null || thread.lastSeq === 0) return null;
  let count = 0;
  for (const line of thread.lines.values()) {
    if (line.seq > seq && line.kind === 'text' && line.author.kind === 'visitor') count += 1;
  }
  return count;
}

export type Delivery = 'sent' | 'delivered' | 'read';

export function deliveryOf(seq: number, receipts: Receipts): Delivery {
  if (seq <= receipts.visitorReadSeq) return 'read';
  return seq <= receipts.visitorDeliveredSeq ? 'delivered' : 'sent';
}

export type Row =
  | { kind: 'day'; key: string; atMs: number }
  | { kind: 'new'; key: string }
  | { kind: 'event'; key: string; message: Message }
  | { kind: 'bubble'; key: string; message: Message; first: boolean; last: boolean }
  | { kind: 'pending'; key: string; pending: Pending };

/**
 * The rows of a thread from top to bottom.
 *
 * `dayOf` gives a local calendar day for a time; `newAfterSeq` is where reading stopped when the thread was opened, and
 * draws one divider before the first message of the visitor above it. Lines after a hole wait until the hole is filled,
 * so that nothing is ever inserted above what was read.
 */
export function rowsOf(
  thread: Thread,
  pending: readonly Pending[],
  dayOf: (atMs: number) => string,
  newAfterSeq: number | null = null,
): Row[] {
  const rows: Row[] = [];
  const sent = new Set<string>();
  let day = '';
  let dividerAfter = newAfterSeq;
  let previous: Extract<Row, { kind: 'bubble' }> | null = null;
  for (let seq = 1; seq <= thread.completeSeq; seq += 1) {
    const message = thread.lines.get(seq);
    if (!message) continue;
    sent.add(message.clientMessageId);
    if (message.kind === 'tombstone') continue;
    const today = dayOf(message.sentAtMs);
    if (today !== day) {
      day = today;
      previous = null;
      rows.push({ kind: 'day', key: `day-${today}`, atMs: message.sentAtMs });
    }
    const fromVisitor = message.author.kind === 'visitor' && message.kind === 'text';
    if (dividerAfter !== null && seq > dividerAfter && fromVisitor) {
      dividerAfter = null;
      previous = null;
      rows.push({ kind: 'new', key: 'new' });
    }
    if (message.kind === 'event') {
      previous = null;
      rows.push({ kind: 'event', key: message.id, message });
      continue;
    }
    const joined: boolean = previous !== null && belongTogether(previous.message, message);
    if (previous && joined) previous.last = false;
    previous = { kind: 'bubble', key: message.clientMessageId, message, first: !joined, last: true };
    rows.push(previous);
  }
  for (const one of pending) {
    if (!sent.has(one.clientMessageId))
      rows.push({ kind: 'pending', key: one.clientMessageId, pending: one });
  }
  return rows;
}

function belongTogether(a: Message, b: Message): boolean {
  const sameHand = a.kind === b.kind && a.author.kind === b.author.kind && a.author.id === b.author.id;
  return sameHand && b.sentAtMs - a.sentAtMs < GROUP_MS;
}

/**
 * The numbered timeline as one reader has it: every number from `base + 1` to the last one, without a hole, and what
 * arrived ahead of its turn. Pure; a message is applied once however often and in whatever order it comes.
 */
import type { Message } from '../shared/contracts.gen';

export interface Sequence {
  /** The timeline is known from the number after this one. */
  readonly base: number;
  readonly messages: readonly Message[];
  /** Messages above a hole, by number. */
  readonly ahead: readonly Message[];
}

export const emptySequence = (base = 0): Sequence => ({ base, messages: [], ahead: [] });

/** Return the last number that is known without a hole below it. */
export const lastSeq = (sequence: Sequence): number => sequence.base + sequence.messages.length;

/** Whether a number is missing below one that has come. */
export const hasHole = (sequence: Sequence): boolean => sequence.ahead.length > 0;

/** Return the sequence after `incoming`; the same object when nothing in it was new. */
export function receive(sequence: Sequence, incoming: readonly Message[]): Sequence {
  const last = lastSeq(sequence);
  const bySeq = new Map(sequence.ahead.map((m) => [m.seq, m]));
  for (const message of incoming) {
    if (message.seq > last && !bySeq.has(message.seq)) bySeq.set(message.seq, message);
  }
  if (bySeq.size === sequence.ahead.length) return sequence;
  const messages = [...sequence.messages];
  for (let seq = last + 1; bySeq.has(seq); seq++) {
    messages.push(bySeq.get(seq) as Message);
    bySeq.delete(seq);
  }
  const ahead = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  return { base: sequence.base, messages, ahead };
}

/** Return the sequence with earlier messages put before it; `older` may reach past the known beginning. */
export function prepend(sequence: Sequence, older: readonly Message[]): Sequence {
  const fresh = older.filter((m) => m.seq <= sequence.base).sort((a, b) => a.seq - b.seq);
  const joins = fresh.length > 0 && fresh.at(-1)?.seq === sequence.base;
  if (!joins) return sequence;
  return { ...sequence, base: sequence.base - fresh.length, messages: [...fresh, ...sequence.messages] };
}

// Who has to be woken, and when again. Pure: the clock and the loudspeaker are elsewhere.
import type { Alert, InboxConversation } from '../../../widget/src/shared/contracts.gen';
import type { Inbox } from '../inbox/list';

export type Tone = 'waiting' | 'message' | 'callback';
export const REPEAT_MS = 30_000;
/** A waiting conversation that this person has seen: its id -> since when it waited at that time. */
export type Acknowledged = ReadonlyMap<string, number>;

/** Conversations that wait and that this person has neither opened nor waved off, the longest wait first. */
export function ringing(inbox: Inbox, acknowledged: Acknowledged): InboxConversation[] {
  return [...inbox.values()]
    .filter((one) => one.status === 'waiting' && acknowledged.get(one.id) !== waitOf(one))
    .sort((a, b) => waitOf(a) - waitOf(b));
}

export function acknowledge(
  acknowledged: Acknowledged,
  conversations: readonly InboxConversation[],
): Acknowledged {
  const after = new Map(acknowledged);
  for (const one of conversations) after.set(one.id, waitOf(one));
  return after;
}

/** Milliseconds until the next repetition; null when nobody waits. */
export function repeatInMs(waiting: number, lastRungAtMs: number | null, nowMs: number): number | null {
  if (waiting === 0) return null;
  return lastRungAtMs === null ? 0 : Math.max(0, lastRungAtMs + REPEAT_MS - nowMs);
}

/** Which tone an alert asks for; null when the person is looking at it right now. */
export function toneOf(alert: Alert, openConversationId: string | null, focused: boolean): Tone | null {
  if (focused && alert.conversationId !== null && alert.conversationId === openConversationId) return null;
  if (alert.kind === 'conversation_waiting') return 'waiting';
  return alert.kind === 'visitor_message' ? 'message' : 'callback';
}

function waitOf(conversation: InboxConversation): number {
  return conversation.waitingSinceMs ?? conversation.createdAtMs;
}

/**
 * A callback as the steps a visitor sees, one line each, in the order they happened. Pure. The words are those of the
 * timeline, so the callback tab and the chat say the same.
 */
import type { Callback, Leg, TimelineEvent } from '../shared/contracts.gen';
import { isOver, wentWell } from '../shared/ends';
import { gettext } from '../shared/gettext';
import { eventText } from '../shared/timeline';

type Name = TimelineEvent['name'];
export type Tone = 'done' | 'now' | 'failed' | 'wait';
export interface Step {
  key: string;
  text: string;
  tone: Tone;
}

/** What can be done about a callback that has not led to a talk. */
export type WayOut = 'again' | 'time' | 'message';

/** How the ends without a talk are said; the others are "could not be made". */
const WITHOUT_TALK: Partial<Record<Callback['state'], Name>> = {
  no_agent: 'call_no_consultant',
  visitor_unreachable: 'call_visitor_unreachable',
  voicemail_left: 'call_visitor_voicemail',
  canceled: 'call_canceled',
  expired: 'call_expired',
};

/** Whether a phone is being called. A consultant who picked up has not agreed yet; a visitor who did is there. */
const isRinging = ({ role, state, outcome }: Leg): boolean =>
  !outcome &&
  (['creating', 'unknown', 'dialing', 'queued', 'initiated', 'ringing'].includes(state) ||
    (role !== 'visitor' && state === 'in_progress'));

const hasAnswered = (leg: Leg): boolean => leg.outcome === 'accepted' || leg.outcome === 'talked';

/** Whether the visitor's phone has rung in the running round: too late for a promise of when it will. */
export const hasRung = ({ attempts }: Callback): boolean =>
  attempts.at(-1)?.legs.some((leg) => leg.role === 'visitor') === true;

/** Return the steps so far; the last one is what happens now, or how it ended. */
export function stepsOf(callback: Callback, nowMs: number): Step[] {
  const { state, opensAtMs, durationS } = callback;
  const steps: Step[] = [];
  const data: TimelineEvent['data'] = {};
  const add = (name: Name, tone: Tone, values: TimelineEvent['data'] = data) =>
    steps.push({ key: `${steps.length}`, text: eventText({ name, data: values }, nowMs), tone });
  const happens = (text: string) => steps.push({ key: `${steps.length}`, text, tone: 'now' });

  add('call_requested', 'done');
  for (const leg of callback.attempts.flatMap((attempt) => attempt.legs)) {
    const side = leg.role === 'visitor' ? 'visitor' : 'consultant';
    const values = leg.personName ? { name: leg.personName } : {};
    if (isRinging(leg)) add(`call_ringing_${side}`, 'now', values);
    else if (hasAnswered(leg)) {
      if (side === 'visitor') continue;
      add('call_consultant_accepted', 'done', values);
      data.name = leg.personName ?? '';
    } else if (leg.outcome && leg.outcome !== 'canceled') {
      add(`call_${side}_${leg.outcome as 'busy'}`, 'failed', values);
    }
  }

  if (isOver(callback)) {
    if (durationS) add('call_connected', 'done');
    const isGood = wentWell(callback) || state === 'voicemail_left';
    const end = wentWell(callback) ? 'call_ended' : (WITHOUT_TALK[state] ?? 'call_failed');
    add(end, isGood ? 'done' : 'failed', durationS ? { durationS } : {});
  } else if (state === 'bridged') add('call_connected', 'now');
  else if (state === 'bridging') happens(gettext('Connecting you…'));
  else if (state === 'recovering') happens(gettext('The line was lost. Connecting again…'));
  else if (state === 'retry_wait') {
    if (callback.attempts.at(-1)?.outcome === 'no_agent') add('call_no_consultant', 'failed');
    add('call_retry_later', 'wait', opensAtMs ? { atMs: opensAtMs } : {});
  } else if (opensAtMs && opensAtMs > nowMs) add('call_scheduled', 'wait', { atMs: opensAtMs });
  else if (steps.at(-1)?.tone !== 'now') happens(gettext('Looking for a free consultant…'));

  // Only the last line can still be happening.
  return steps.map((step, i) =>
    step.tone === 'now' && i < steps.length - 1 ? { ...step, tone: 'done' } : step,
  );
}

/** Return the one line that says where the callback is. */
export const currentStep = (callback: Callback, nowMs: number): Step =>
  stepsOf(callback, nowMs).at(-1) as Step;

/** Return what is offered once the callback is over, or while it only waits for its next try; the best first. */
export function waysOut(callback: Callback): WayOut[] {
  const { state } = callback;
  if (!isOver(callback)) return state === 'retry_wait' ? ['time', 'message'] : [];
  if (state === 'visitor_unreachable' || state === 'canceled') return ['again', 'time', 'message'];
  if (wentWell(callback) || state === 'budget_stopped' || state === 'voicemail_left') return ['message'];
  return ['time', 'message'];
}

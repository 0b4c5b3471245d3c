/** A callback as the steps a visitor sees, one line each, in the order they happened. Pure. */
import { durationText, whenText } from '../shared/clock';
import type { Callback, Leg } from '../shared/contracts.gen';
import { gettext } from '../shared/gettext';

export type Tone = 'done' | 'now' | 'failed' | 'wait';
export interface Step {
  key: string;
  text: string;
  tone: Tone;
}

/** What can be done about a callback that is over without a talk. */
export type WayOut = 'time' | 'message' | 'again';

const OVER: readonly Callback['state'][] = [
  'completed',
  'no_agent',
  'visitor_unreachable',
  'voicemail_left',
  'canceled',
  'expired',
  'budget_stopped',
  'failed',
  'rejected',
];

/** Whether the callback has ended for the visitor; `ended` and `wrapup` are the consultant's paperwork. */
export const isOver = (callback: Callback): boolean =>
  OVER.includes(callback.state) || callback.state === 'ended' || callback.state === 'wrapup';

/** Whether the visitor's phone has been rung or both sides are joined: too late for a promise. */
export const hasReachedVisitor = (callback: Callback): boolean =>
  ['bridging', 'bridged', 'recovering'].includes(callback.state) ||
  callback.attempts.at(-1)?.legs.some((leg) => leg.role === 'visitor') === true;

const nameOf = (leg: Leg | undefined): string => leg?.personName || gettext('a consultant');

const LIVE: readonly Leg['state'][] = ['creating', 'unknown', 'dialing', 'queued', 'initiated', 'ringing'];

function consultantStep(leg: Leg, goesOn: boolean): Omit<Step, 'key'> {
  const name = nameOf(leg);
  const failed = (text: string): Omit<Step, 'key'> => ({
    text: goesOn ? `${text} ${gettext('Trying the next one.')}` : text,
    tone: 'failed',
  });
  switch (leg.outcome) {
    case 'accepted':
    case 'talked':
      return { text: gettext('{name} answered.', { name }), tone: 'done' };
    case 'busy':
      return failed(gettext('{name} is on another call.', { name }));
    case 'no_answer':
      return failed(gettext('{name} did not pick up.', { name }));
    case 'declined':
      return failed(gettext('{name} cannot take the call.', { name }));
    case 'voicemail':
      return failed(gettext('Voicemail answered instead of {name}.', { name }));
    case 'failed':
      return failed(gettext('{name} could not be reached.', { name }));
    case 'canceled':
      return { text: gettext('The call to {name} was stopped.', { name }), tone: 'failed' };
    default:
      return LIVE.includes(leg.state)
        ? { text: gettext('Calling {name}…', { name }), tone: 'now' }
        : { text: gettext('{name} picked up, one moment…', { name }), tone: 'now' };
  }
}

function visitorStep(leg: Leg, ending: string): Omit<Step, 'key'> {
  switch (leg.outcome) {
    case 'busy':
      return { text: gettext('Your line was busy.'), tone: 'failed' };
    case 'no_answer':
      return { text: gettext('You did not pick up.'), tone: 'failed' };
    case 'declined':
      return { text: gettext('You declined the call.'), tone: 'failed' };
    case 'voicemail':
      return { text: gettext('Your voicemail answered.'), tone: 'failed' };
    case 'failed':
      return { text: gettext('Your phone could not be reached.'), tone: 'failed' };
    case 'canceled':
      return { text: gettext('The call to your phone was stopped.'), tone: 'failed' };
    case 'accepted':
    case 'talked':
      return { text: gettext('You picked up.'), tone: 'done' };
    default:
      return LIVE.includes(leg.state)
        ? { text: gettext('Your phone …{ending} is ringing. Please pick up.', { ending }), tone: 'now' }
        : { text: gettext('You picked up.'), tone: 'done' };
  }
}

function lastStep(callback: Callback, consultant: Leg | undefined, nowMs: number): Omit<Step, 'key'> | null {
  const at = callback.opensAtMs === null ? '' : whenText(callback.opensAtMs, nowMs);
  const failed = (text: string): Omit<Step, 'key'> => ({ text, tone: 'failed' });
  switch (callback.state) {
    case 'scheduled':
      return { text: gettext('We call you at {time}.', { time: at }), tone: 'wait' };
    case 'requested':
    case 'queued':
      return at
        ? { text: gettext('We call you at {time}.', { time: at }), tone: 'wait' }
        : { text: gettext('Looking for a free consultant…'), tone: 'now' };
    case 'retry_wait':
      return at
        ? { text: gettext('The next try is at {time}.', { time: at }), tone: 'wait' }
        : { text: gettext('We try again in a little while.'), tone: 'wait' };
    case 'visitor_waiting':
      return { text: gettext('You are on the line. Looking for a free consultant…'), tone: 'now' };
    case 'bridging':
      return { text: gettext('Connecting you…'), tone: 'now' };
    case 'recovering':
      return { text: gettext('The line was lost. Connecting again…'), tone: 'now' };
    case 'bridged':
      return { text: gettext('You are connected with {name}.', { name: nameOf(consultant) }), tone: 'now' };
    case 'ended':
    case 'wrapup':
    case 'completed':
      return callback.durationS
        ? {
            text: gettext('You talked for {time}.', { time: durationText(callback.durationS) }),
            tone: 'done',
          }
        : { text: gettext('The call is over.'), tone: 'done' };
    case 'no_agent':
      return failed(gettext('Nobody could take the call. We are sorry.'));
    case 'visitor_unreachable':
      return failed(gettext('We could not reach your phone.'));
    case 'voicemail_left':
      return { text: gettext('We left a message on your voicemail.'), tone: 'done' };
    case 'canceled':
      return failed(gettext('The call was cancelled.'));
    case 'expired':
      return failed(gettext('The call did not happen in time. We are sorry.'));
    case 'budget_stopped':
      return failed(gettext('No more calls can be made now.'));
    case 'rejected':
    case 'failed':
      return failed(gettext('The call could not be made. We are sorry.'));
    default:
      return null;
  }
}

/** Return the steps so far; the last one is what happens now, or how it ended. */
export function stepsOf(callback: Callback, nowMs: number): Step[] {
  const steps: Step[] = [{ key: 'requested', text: gettext('Your request has arrived.'), tone: 'done' }];
  let consultant: Leg | undefined;
  for (const attempt of callback.attempts) {
    attempt.legs.forEach((leg, index) => {
      const later = attempt.legs.slice(index + 1).some((l) => l.role === 'consultant');
      if (leg.role === 'consultant' && ['accepted', 'talked'].includes(leg.outcome ?? '')) consultant = leg;
      const step =
        leg.role === 'visitor' ? visitorStep(leg, callback.phoneEnding) : consultantStep(leg, later);
      steps.push({ key: `${attempt.number}.${index}`, ...step });
    });
  }
  const last = lastStep(callback, consultant, nowMs);
  if (last) steps.push({ key: callback.state, ...last });
  else if (steps.at(-1)?.tone === 'failed') {
    steps.push({ key: 'next', text: gettext('Trying the next one.'), tone: 'now' });
  }
  // Only the last line can still be happening.
  return steps.map((step, i) =>
    step.tone === 'now' && i < steps.length - 1 ? { ...step, tone: 'done' } : step,
  );
}

/** Return the one line that says where the callback is. */
export const currentStep = (callback: Callback, nowMs: number): Step =>
  stepsOf(callback, nowMs).at(-1) as Step;

/** Return what is offered when the callback ended without a talk. */
export function waysOut(callback: Callback): WayOut[] {
  switch (callback.state) {
    case 'no_agent':
    case 'expired':
    case 'failed':
    case 'rejected':
      return ['time', 'message'];
    case 'visitor_unreachable':
    case 'voicemail_left':
    case 'canceled':
      return ['again', 'time', 'message'];
    case 'budget_stopped':
      return ['message'];
    default:
      return isOver(callback) ? ['message'] : [];
  }
}

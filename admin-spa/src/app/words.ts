// Words that several screens need: names, places, waiting times, states. Every one of them is translated.
import type { CallbackState, Lead, Leg, VisitorCard } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { legStanding } from '../calls/leads';

export function visitorName(visitor: Pick<VisitorCard, 'name' | 'number'>): string {
  return visitor.name ?? gettext('Visitor {number}', { number: visitor.number });
}

export function leadName(lead: Lead, visitor: VisitorCard | undefined): string {
  if (lead.name) return lead.name;
  return visitor ? visitorName(visitor) : lead.phone;
}

export function stateText(state: CallbackState): string {
  switch (state) {
    case 'requested':
    case 'queued':
      return gettext('In the queue');
    case 'rejected':
      return gettext('Refused');
    case 'scheduled':
      return gettext('Scheduled');
    case 'offering':
      return gettext('Ringing a consultant');
    case 'agent_ready':
      return gettext('Consultant is ready');
    case 'visitor_ringing':
      return gettext('Ringing the visitor');
    case 'visitor_waiting':
      return gettext('Visitor is on the line');
    case 'bridging':
      return gettext('Connecting');
    case 'bridged':
      return gettext('Talking');
    case 'recovering':
      return gettext('Checking the call');
    case 'ended':
    case 'wrapup':
    case 'completed':
      return gettext('Talked');
    case 'retry_wait':
      return gettext('Will be tried again');
    case 'no_agent':
      return gettext('Nobody answered');
    case 'visitor_unreachable':
      return gettext('Visitor not reached');
    case 'voicemail_left':
      return gettext('Voicemail left');
    case 'canceled':
      return gettext('Cancelled');
    case 'expired':
      return gettext('Expired');
    case 'budget_stopped':
      return gettext('Stopped by the budget');
    case 'failed':
      return gettext('Failed');
  }
}

/** One leg as a sentence: who was rung and what came of it. */
export function legText(leg: Leg): string {
  const standing = legStanding(leg);
  if (leg.role === 'visitor') {
    switch (standing) {
      case 'calling':
        return gettext('Calling the visitor');
      case 'ringing':
        return gettext('The visitor’s phone rings');
      case 'on_line':
      case 'accepted':
        return gettext('The visitor answered');
      case 'talked':
        return gettext('The visitor talked with us');
      case 'busy':
        return gettext('The visitor’s line was busy');
      case 'no_answer':
        return gettext('The visitor did not answer');
      case 'declined':
        return gettext('The visitor declined the call');
      case 'voicemail':
        return gettext('The visitor’s voicemail answered');
      case 'failed':
        return gettext('The visitor could not be called');
      case 'canceled':
        return gettext('The call to the visitor was cancelled');
      case 'over':
        return gettext('The visitor’s call ended');
    }
  }
  const values = { name: leg.personName ?? gettext('A consultant') };
  switch (standing) {
    case 'calling':
      return gettext('Calling {name}', values);
    case 'ringing':
      return gettext('{name}: the phone rings', values);
    case 'on_line':
      return gettext('{name}: on the line', values);
    case 'accepted':
      return gettext('{name}: accepted', values);
    case 'talked':
      return gettext('{name}: talked with the visitor', values);
    case 'busy':
      return gettext('{name}: busy', values);
    case 'no_answer':
      return gettext('{name}: no answer', values);
    case 'declined':
      return gettext('{name}: declined', values);
    case 'voicemail':
      return gettext('{name}: voicemail answered', values);
    case 'failed':
      return gettext('{name}: could not be called', values);
    case 'canceled':
      return gettext('{name}: call cancelled', values);
    case 'over':
      return gettext('{name}: call ended', values);
  }
}

/** How a callback ended, as a sentence; null for a word we do not know. */
export function outcomeText(outcome: string | null): string | null {
  switch (outcome) {
    case 'talked':
      return gettext('Both talked with each other');
    case 'no_agent':
    case 'no_consultant':
      return gettext('No consultant answered');
    case 'visitor_busy':
      return gettext('The visitor’s line was busy');
    case 'visitor_no_answer':
      return gettext('The visitor did not answer');
    case 'visitor_declined':
      return gettext('The visitor declined the call');
    case 'visitor_voicemail':
      return gettext('The visitor’s voicemail answered');
    case 'visitor_failed':
      return gettext('The visitor could not be called');
    case 'canceled':
      return gettext('Cancelled');
    case 'expired':
      return gettext('It took too long and was given up');
    case 'budget_stopped':
      return gettext('The calling budget is used up');
    case 'visitor_dropped':
      return gettext('The visitor hung up before a consultant answered');
    case 'failed':
      return gettext('The call failed');
    default:
      return null;
  }
}

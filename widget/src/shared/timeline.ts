/** Changes of state in a conversation's timeline as sentences; the names are those of the TimelineEvent contract. */
import { durationText, whenText } from './clock';
import type { TimelineEvent } from './contracts.gen';
import { gettext } from './gettext';

type Data = TimelineEvent['data'];
type Words = Record<TimelineEvent['name'], (data: Data, nowMs: number) => string>;

/** The consultant of the line, or a word for one whose name is not known. */
const who = (data: Data): string => data.name || gettext('A consultant');

const at = (data: Data, nowMs: number): string => whenText(data.atMs ?? nowMs, nowMs);

const WORDS: Words = {
  conversation_assigned: (d) => gettext('{name} joined the conversation', { name: who(d) }),
  conversation_transferred: (d) => gettext('{name} takes over', { name: who(d) }),
  conversation_closed: () => gettext('The conversation was closed. Write to open it again'),
  conversation_reopened: () => gettext('The conversation is open again'),
  call_requested: () => gettext('A call was requested'),
  call_offered: (d) => gettext('{name} offers to call you', { name: who(d) }),
  call_scheduled: (d, now) => gettext('The call is planned for {time}', { time: at(d, now) }),
  call_ringing_consultant: (d) => gettext('Calling {name}', { name: who(d) }),
  call_consultant_busy: (d) => gettext('{name} is on another call', { name: who(d) }),
  call_consultant_no_answer: (d) => gettext('{name} did not pick up', { name: who(d) }),
  call_consultant_declined: (d) => gettext('{name} cannot take the call', { name: who(d) }),
  call_consultant_voicemail: (d) => gettext('Voicemail answered instead of {name}', { name: who(d) }),
  call_consultant_failed: (d) => gettext('{name} could not be reached', { name: who(d) }),
  call_consultant_accepted: (d) => gettext('{name} answered', { name: who(d) }),
  call_ringing_visitor: () => gettext('Your phone is ringing'),
  call_visitor_busy: () => gettext('Your line was busy'),
  call_visitor_no_answer: () => gettext('You did not pick up'),
  call_visitor_declined: () => gettext('You declined the call'),
  call_visitor_voicemail: () => gettext('Your voicemail answered'),
  call_visitor_failed: () => gettext('Your phone could not be reached'),
  call_connected: (d) => gettext('You are connected with {name}', { name: who(d) }),
  call_consultant_left: (d) => gettext('{name} left the call', { name: who(d) }),
  call_on_hold: () => gettext('The call is on hold'),
  call_resumed: () => gettext('The call goes on'),
  call_retry_later: (d, now) =>
    d.atMs
      ? gettext('The next try is at {time}', { time: at(d, now) })
      : gettext('The call will be tried again'),
  call_ended: (d) =>
    d.durationS
      ? gettext('The call has ended after {time}', { time: durationText(d.durationS) })
      : gettext('The call has ended'),
  call_no_consultant: () => gettext('Nobody could take the call'),
  call_visitor_unreachable: () => gettext('We could not reach your phone'),
  call_canceled: () => gettext('The call was cancelled'),
  call_expired: () => gettext('The call did not happen in time'),
  call_failed: () => gettext('The call could not be made'),
};

/** Return the sentence for the visitor who reads the timeline. */
export function eventText(event: TimelineEvent, nowMs: number = Date.now()): string {
  return WORDS[event.name]?.(event.data, nowMs) ?? '';
}

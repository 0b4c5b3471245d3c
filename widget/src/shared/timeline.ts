/** Changes of state in a conversation's timeline as sentences; the names are those of the TimelineEvent contract. */
import { durationText, whenText } from './clock';
import type { TimelineEvent } from './contracts.gen';
import { gettext, N_ } from './gettext';

type Name = TimelineEvent['name'];
/** A sentence, or one with a value and one for when the value is missing. */
type Words = string | readonly [withValue: string, without: string];

const WORDS: Record<Name, Words> = {
  conversation_assigned: N_('{name} joined the conversation'),
  conversation_transferred: N_('{name} takes over'),
  conversation_released: N_('A colleague takes over shortly'),
  conversation_closed: N_('The conversation was closed. Write to open it again'),
  conversation_reopened: N_('The conversation is open again'),
  call_requested: N_('A call was requested'),
  call_offered: N_('{name} offers to call you'),
  call_scheduled: N_('The call is planned: {time}'),
  call_ringing_consultant: N_('Calling {name}'),
  call_consultant_busy: N_('{name} is on another call'),
  call_consultant_no_answer: N_('{name} did not pick up'),
  call_consultant_declined: N_('{name} cannot take the call'),
  call_consultant_voicemail: N_('Voicemail answered instead of {name}'),
  call_consultant_failed: N_('{name} could not be reached'),
  call_consultant_accepted: N_('{name} answered'),
  call_ringing_visitor: N_('Your phone is ringing'),
  call_visitor_busy: N_('Your line was busy'),
  call_visitor_no_answer: N_('You did not pick up'),
  call_visitor_declined: N_('You declined the call'),
  call_visitor_voicemail: N_('Your voicemail answered'),
  call_visitor_failed: N_('Your phone could not be reached'),
  call_connected: N_('You are connected with {name}'),
  call_consultant_left: N_('{name} left the call'),
  call_on_hold: N_('The call is on hold'),
  call_resumed: N_('The call goes on'),
  call_retry_later: [N_('The next try: {time}'), N_('The call will be tried again')],
  call_ended: [N_('You talked for {duration}'), N_('The call has ended')],
  call_no_consultant: N_('Nobody could take the call'),
  call_visitor_unreachable: N_('We could not reach your phone'),
  call_canceled: N_('The call was cancelled'),
  call_expired: N_('The call did not happen in time'),
  call_failed: N_('The call could not be made'),
};

/** Return `words` with the values of an event in them; a consultant without a name is "the consultant". */
export function say(words: Words, { name, atMs, durationS }: TimelineEvent['data'], nowMs: number): string {
  const [withValue, without] = Array.isArray(words) ? words : [words, words];
  const text = gettext(atMs || durationS ? withValue : without, {
    name: name || gettext('the consultant'),
    time: atMs ? whenText(atMs, nowMs) : '',
    duration: durationText(durationS ?? 0),
  });
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Return the sentence for the visitor who reads the timeline. */
export function eventText({ name, data }: TimelineEvent, nowMs: number = Date.now()): string {
  const words = WORDS[name];
  return words ? say(words, data, nowMs) : '';
}

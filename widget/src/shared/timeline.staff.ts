/** The timeline's sentences where a consultant reads them: the phone that rings is the visitor's. */
import type { TimelineEvent } from './contracts.gen';
import { gettext } from './gettext';
import { eventText } from './timeline';

type Data = TimelineEvent['data'];

const WORDS: Partial<Record<TimelineEvent['name'], (data: Data) => string>> = {
  conversation_closed: (d) =>
    d.name
      ? gettext('{name} closed the conversation', { name: d.name })
      : gettext('The conversation was closed'),
  call_offered: (d) =>
    d.name
      ? gettext('{name} offered a call', { name: d.name })
      : gettext('A call was offered to the visitor'),
  call_ringing_visitor: () => gettext("The visitor's phone is ringing"),
  call_visitor_busy: () => gettext("The visitor's line was busy"),
  call_visitor_no_answer: () => gettext('The visitor did not pick up'),
  call_visitor_declined: () => gettext('The visitor declined the call'),
  call_visitor_voicemail: () => gettext("The visitor's voicemail answered"),
  call_visitor_failed: () => gettext("The visitor's phone could not be reached"),
  call_connected: (d) =>
    d.name
      ? gettext('{name} and the visitor are connected', { name: d.name })
      : gettext('Both are connected'),
  call_visitor_unreachable: () => gettext("The visitor's phone could not be reached"),
};

/** Return the sentence for the people in the console. */
export function staffEventText(event: TimelineEvent, nowMs: number = Date.now()): string {
  return WORDS[event.name]?.(event.data) ?? eventText(event, nowMs);
}

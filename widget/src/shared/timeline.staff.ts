/** The timeline's sentences where a consultant reads them: the phone that rings is the visitor's. */
import type { TimelineEvent } from './contracts.gen';
import { N_ } from './gettext';
import { eventText, say } from './timeline';

const WORDS: Partial<Record<TimelineEvent['name'], string>> = {
  conversation_released: N_('Back in the queue, after {name}'),
  conversation_closed: N_('The conversation was closed'),
  call_offered: N_('{name} offered a call'),
  call_ringing_visitor: N_("The visitor's phone is ringing"),
  call_visitor_busy: N_("The visitor's line was busy"),
  call_visitor_no_answer: N_('The visitor did not pick up'),
  call_visitor_declined: N_('The visitor declined the call'),
  call_visitor_voicemail: N_("The visitor's voicemail answered"),
  call_visitor_failed: N_("The visitor's phone could not be reached"),
  call_connected: N_('{name} and the visitor are connected'),
  call_visitor_unreachable: N_("The visitor's phone could not be reached"),
};

/** Return the sentence for the people in the console. */
export function staffEventText(event: TimelineEvent, nowMs: number = Date.now()): string {
  if (event.name === 'call_ended' && event.data.durationS) {
    return say(N_('They talked for {duration}'), event.data, nowMs);
  }
  const words = WORDS[event.name];
  return words ? say(words, event.data, nowMs) : eventText(event, nowMs);
}

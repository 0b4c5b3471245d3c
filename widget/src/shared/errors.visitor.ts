/** What can go wrong for a visitor, as sentences that say what to do. The console's errors.ts adds its own. */
import { durationText } from './clock';
import type { Failure } from './failure';
import { gettext, N_ } from './gettext';

export { AskError, type Failure, toAskError } from './failure';

const OUT_OF_DATE = N_('This page is out of date. Reload it and try again.');

export const TEXT: Record<string, string> = {
  // Between the browser and the server; these two are our own.
  connection_lost: N_('No connection. Try again when you are online.'),
  timed_out: N_('The answer takes too long. Check your connection and try again.'),
  bad_request: N_('Something in this request is not right. Reload the page and try again.'),
  unknown_event: OUT_OF_DATE,
  not_found: N_('This does not exist any more. Reload the page.'),
  rate_limited: N_('That was a little too fast.'),
  too_large: N_('This is too large. Make it shorter.'),
  unavailable: N_('The service does not answer right now.'),
  draining: N_('The service restarts and is back in a moment.'),
  internal_error: N_('Something went wrong on our side. Try again; we have been told.'),
  client_too_old: OUT_OF_DATE,
  origin_not_allowed: N_("This address is not on the site's list. Add it in the settings."),
  blocked: N_('We cannot help you here. Please use the contacts on this site.'),
  token_invalid: N_('This visit could not be continued. Reload the page to start anew.'),
  message_empty: N_('There is nothing to send yet. Write something first.'),
  message_too_long: N_('This message is too long. Shorten it to {max} characters.'),
  message_id_reused: N_('This message was changed after it was sent. Send it as a new one.'),
  callback_ended: N_('This call is over already.'),
};

/** Codes whose sentence goes on with when to try again. */
const LATER = ['sign_in_limited', 'rate_limited', 'unavailable', 'callback_limit'];

/** Return the sentence for an error, first looked for in `texts`; a code without one gets that for a bug of ours. */
export function errorText({ code, details = {} }: Failure, texts?: Record<string, string>): string {
  const text = gettext(texts?.[code] ?? TEXT[code] ?? (TEXT.internal_error as string), {
    max: Number(details.max) || 4000,
    name: String(details.name ?? ''),
    field: String(details.field ?? ''),
  });
  const seconds = Number(details.retryAfterS);
  if (seconds > 0) return `${text} ${gettext('Try again in {wait}.', { wait: durationText(seconds) })}`;
  return LATER.includes(code) ? `${text} ${gettext('Try again a little later.')}` : text;
}

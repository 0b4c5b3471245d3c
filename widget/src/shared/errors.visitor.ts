/** What can go wrong for a visitor, as sentences that say what to do. The console's errors.ts adds its own. */
import { durationText } from './clock';
import type { Failure } from './failure';
import { gettext, N_ } from './gettext';

export { AskError, type Failure, toAskError } from './failure';

const OTHER_NUMBER = N_('We cannot call this kind of number. Enter an ordinary phone number.');
const NO_CALLS = N_('No more calls can be made now. Leave us a message.');
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
  phone_required: N_('Enter the phone number we should call.'),
  phone_invalid: N_('This number does not look complete. Check the digits and the country.'),
  phone_emergency: N_('Emergency and short numbers cannot be called. Enter your own number.'),
  phone_premium: OTHER_NUMBER,
  phone_satellite: OTHER_NUMBER,
  phone_fictional: N_('Nobody has this number. Enter your own number.'),
  phone_repeated_digits: N_('This looks like a made-up number. Enter your own number.'),
  phone_region_not_allowed: N_('We do not call this country. Enter another number or write to us.'),
  phone_blocked: N_('We may not call this number. Enter another one or write to us.'),
  consent_required: N_('This call is recorded. Tick the box to agree, or write to us.'),
  callback_duplicate: N_('A call to this number is on its way already.'),
  callback_limit: N_('Too many calls were asked for.'),
  callback_id_reused: N_('The number was changed meanwhile. Ask for the call again.'),
  callback_time_invalid: N_('We cannot call at this time. Choose another one.'),
  budget_stopped: NO_CALLS,
  callback_closed: NO_CALLS,
  callback_ended: N_('This call is over already.'),
};

/** Codes whose sentence goes on with when to try again. */
const LATER = ['sign_in_limited', 'rate_limited', 'unavailable', 'callback_limit'];

/** Return the sentence for an error; a code without one of its own gets the one for a bug of ours. */
export function errorText({ code, details = {} }: Failure, texts: Record<string, string> = TEXT): string {
  const text = gettext(texts[code] ?? (TEXT.internal_error as string), {
    max: Number(details.max) || 4000,
    name: String(details.name ?? ''),
    field: String(details.field ?? ''),
  });
  const seconds = Number(details.retryAfterS);
  if (seconds > 0) return `${text} ${gettext('Try again in {wait}.', { wait: durationText(seconds) })}`;
  return LATER.includes(code) ? `${text} ${gettext('Try again a little later.')}` : text;
}

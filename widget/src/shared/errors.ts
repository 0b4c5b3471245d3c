/** What went wrong, as a sentence that says what to do. Every code of server/contracts/errors.json has one here. */
import { durationText } from './clock';
import { RETRY_CODES } from './contracts.gen';
import { gettext } from './gettext';

type Details = Record<string, unknown>;

/** Codes of our own, for what happens between the browser and the server. */
export type LocalCode = 'connection_lost' | 'timed_out' | 'load_failed';

/** An answer that is not the one asked for; `code` is stable, `details` are JSON values for the words. */
export class AskError extends Error {
  constructor(
    readonly code: string,
    readonly details: Details = {},
  ) {
    super(code);
  }

  /** Whether sending the same again can help. */
  get retry(): boolean {
    return this.code === 'connection_lost' || this.code === 'timed_out' || RETRY_CODES.includes(this.code);
  }
}

/** Return anything that was thrown as an AskError; what is not one is our bug. */
export const toAskError = (error: unknown): AskError =>
  error instanceof AskError ? error : new AskError('internal_error');

const again = (details: Details, sentence: string): string => {
  const seconds = Number(details.retryAfterS);
  return seconds > 0
    ? `${sentence} ${gettext('Try again in {wait}.', { wait: durationText(seconds) })}`
    : `${sentence} ${gettext('Try again a little later.')}`;
};

const chooseOther = (): string =>
  gettext('We cannot call this kind of number. Enter an ordinary phone number.');

const TEXT: Record<string, (details: Details) => string> = {
  connection_lost: () => gettext('No connection. It goes on by itself when you are online again.'),
  timed_out: () => gettext('The answer takes too long. Check your connection and try again.'),
  load_failed: () => gettext('This could not be loaded. Check your connection and try again.'),
  bad_request: () => gettext('Something in this request is not right. Reload the page and try again.'),
  unknown_event: () => gettext('This page is out of date. Reload it and try again.'),
  not_found: () => gettext('This does not exist any more. Reload the page.'),
  forbidden: () => gettext('You may not do this. Ask an administrator of your account.'),
  unauthenticated: () => gettext('Sign in first.'),
  session_expired: () => gettext('Your session has ended. Sign in again.'),
  sign_in_failed: () => gettext('E-mail or password is wrong. Check both and try again.'),
  sign_in_limited: (d) => again(d, gettext('Too many tries to sign in.')),
  cross_origin: () => gettext('This page may not talk to the server. Open the console at its own address.'),
  rate_limited: (d) => again(d, gettext('That was a little too fast.')),
  too_large: () => gettext('This is too large. Make it shorter.'),
  unavailable: (d) => again(d, gettext('The service does not answer right now.')),
  draining: () => gettext('The service restarts and is back in a moment.'),
  internal_error: () => gettext('Something went wrong on our side. Try again; we have been told.'),
  client_too_old: () => gettext('This page is out of date. Reload it.'),
  unknown_site: () => gettext('This site is not set up. Check the key in the script tag.'),
  origin_not_allowed: () => gettext("This address is not on the site's list. Add it in the settings."),
  token_invalid: () => gettext('This visit could not be continued. Reload the page to start anew.'),
  message_empty: () => gettext('There is nothing to send yet. Write something first.'),
  message_too_long: (d) =>
    gettext('This message is too long. Shorten it to {max} characters.', { max: Number(d.max) || 4000 }),
  message_id_reused: () => gettext('This message was changed after it was sent. Send it as a new one.'),
  already_claimed: (d) =>
    d.name
      ? gettext('{name} took this conversation first.', { name: String(d.name) })
      : gettext('A colleague took this conversation first.'),
  conversation_closed: () => gettext('This conversation is closed. Write to open a new one.'),
  phone_required: () => gettext('Enter the phone number we should call.'),
  phone_invalid: () => gettext('This number does not look complete. Check the digits and the country.'),
  phone_emergency: () => gettext('Emergency and short numbers cannot be called. Enter your own number.'),
  phone_premium: chooseOther,
  phone_satellite: chooseOther,
  phone_fictional: () => gettext('Nobody has this number. Enter your own number.'),
  phone_repeated_digits: () => gettext('This looks like a made-up number. Enter your own number.'),
  phone_region_not_allowed: () =>
    gettext('We do not call this country. Enter a number of another country or write to us.'),
  phone_blocked: () => gettext('We may not call this number. Enter another one or write to us.'),
  consent_required: () => gettext('This call is recorded. Tick the box to agree, or write to us.'),
  callback_duplicate: () => gettext('A call to this number is on its way already.'),
  callback_limit: (d) => again(d, gettext('Too many calls were asked for.')),
  callback_id_reused: () => gettext('The number was changed meanwhile. Ask for the call again.'),
  callback_time_invalid: () => gettext('We cannot call at this time. Choose another one.'),
  callback_via_unavailable: () => gettext('Calls in the browser are not offered. Enter a phone number.'),
  budget_stopped: () => gettext('No more calls can be made now. Leave us a message.'),
  callback_ended: () => gettext('This call is over already.'),
  signature_invalid: () => gettext('The request is not signed by the carrier.'),
  value_invalid: (d) =>
    d.field
      ? gettext('The value of "{field}" makes no sense. Check it.', { field: String(d.field) })
      : gettext('A value makes no sense. Check what you entered.'),
};

/** Return the sentence for an error; an unknown code gets the one for a bug of ours. */
export function errorText(error: { code: string; details?: Details }): string {
  const text = TEXT[error.code] ?? TEXT.internal_error;
  return text ? text(error.details ?? {}) : error.code;
}

/** Whether `code` has a sentence of its own. */
export const hasErrorText = (code: string): boolean => code in TEXT;

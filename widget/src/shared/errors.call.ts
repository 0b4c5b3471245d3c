/** What can go wrong where a call is asked for or a phone is given; comes with the form. */
import { N_ } from './gettext';

const OTHER_NUMBER = N_('We cannot call this kind of number. Enter an ordinary phone number.');
const NO_CALLS = N_('No more calls can be made now. Leave us a message.');

export const CALL_TEXT: Record<string, string> = {
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
};

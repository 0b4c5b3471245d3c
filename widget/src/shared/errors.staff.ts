/** What can go wrong for the people in the console, or for programs, but not for a visitor with our widget. */
import { N_ } from './gettext';

export const STAFF_TEXT: Record<string, string> = {
  forbidden: N_('You may not do this. Ask an administrator of your account.'),
  unauthenticated: N_('Sign in first.'),
  session_expired: N_('Your session has ended. Sign in again.'),
  sign_in_failed: N_('E-mail or password is wrong. Check both and try again.'),
  sign_in_limited: N_('Too many tries to sign in.'),
  unknown_site: N_('This site is not set up. Check the key in the script tag.'),
  block_limit: N_('There are {max} blocks already. Remove some that are not needed any more.'),
  cross_origin: N_('This page may not talk to the server. Open the console at its own address.'),
  already_claimed: N_('{name} took this conversation first.'),
  signature_invalid: N_('The request is not signed by the carrier. Check the account token in the settings.'),
  survey_invalid: N_('This survey cannot be published yet. Mend what is marked.'),
  survey_changed: N_('{name} has changed this survey meanwhile. Reload it and make your change again.'),
  person_changed: N_('Somebody else changed this meanwhile. It is loaded anew; make your change again.'),
  department_changed: N_(
    'Somebody else changed this department meanwhile. Open it again and make your change.',
  ),
  department_limit: N_('There are {max} departments already. Remove one first.'),
  email_taken: N_('Another person signs in with this e-mail.'),
  last_admin: N_(
    'Nobody would be left to administer the account. Make somebody else an administrator first.',
  ),
  not_yourself: N_('You cannot do this to yourself. Ask another administrator.'),
  password_wrong: N_('The old password is not this one.'),
  photo_invalid: N_('This is no picture we can show. Take a PNG, JPEG or WebP file.'),
  value_invalid: N_('The value of "{field}" makes no sense. Check it.'),
  callback_via_unavailable: N_('Calls in the browser are not offered. Enter a phone number.'),
  rule_invalid: N_('The rule is not complete yet. Look at the marked places.'),
  rule_changed: N_('{name} has changed this rule meanwhile. Reload it and make your change again.'),
  site_limit: N_('An account can have {max} sites. Ask for more where Ringback runs.'),
  appearance_changed: N_('{name} has changed the look meanwhile. Reload it and make your change again.'),
  calling_changed: N_('Somebody else has changed this meanwhile.'),
  phone_blocked: N_('This number is blocked: see Settings, Blocked. Enter another one.'),
  rule_limit: N_('There are too many rules. Switch one off first.'),
  conversation_closed: N_('This conversation is closed. Write to open a new one.'),
};

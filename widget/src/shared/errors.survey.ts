/** What can go wrong in a survey, for those who answer it. */
import { N_ } from './gettext';

export const SURVEY_TEXT: Record<string, string> = {
  answer_invalid: N_('This answer does not fit the question. Change it and try again.'),
  email_invalid: N_('This does not look like an e-mail address. Check it.'),
  contact_consent_required: N_('Tick the box so that we may keep your contact.'),
};

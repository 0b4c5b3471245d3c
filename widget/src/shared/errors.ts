/** What went wrong, as a sentence that says what to do. Every code of server/contracts/errors.json has one here. */

import { CALL_TEXT } from './errors.call';
import { STAFF_TEXT } from './errors.staff';
import { SURVEY_TEXT } from './errors.survey';
import { type Failure, TEXT, errorText as textOf } from './errors.visitor';

export { AskError, toAskError } from './errors.visitor';

const ALL: Record<string, string> = { ...TEXT, ...CALL_TEXT, ...SURVEY_TEXT, ...STAFF_TEXT };

/** Return the sentence for an error; an unknown code gets the one for a bug of ours. */
export const errorText = (error: Failure): string => textOf(error, ALL);

/** Whether `code` has a sentence of its own. */
export const hasErrorText = (code: string): boolean => code in ALL;

// Words that the parts of the surveys share: kinds, states, targets, and what is wrong with a field.
import type { Survey, SurveyContent } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import type { Problem } from '../app/shape';
import { sentenceOf } from '../triggers/words';
import { type Kind, type Locale, textIn } from './content';

export function kindText(kind: Kind): string {
  switch (kind) {
    case 'one':
      return gettext('One answer');
    case 'many':
      return gettext('Several answers');
    case 'text':
      return gettext('Free text');
    case 'nps':
      return gettext('Score from 0 to 10');
  }
}

export function statusText(status: Survey['status']): string {
  switch (status) {
    case 'draft':
      return gettext('Draft');
    case 'published':
      return gettext('Published');
    case 'closed':
      return gettext('Survey closed');
  }
}

/** Everywhere an answer can lead from a question, and what leaving it open means. */
export function targetsOf(content: SurveyContent, from: string, locale: Locale, open: string) {
  const questions = content.questions
    .map((one, place) => ({ id: one.id, label: `${place + 1}. ${textIn(one.text, locale) || '…'}` }))
    .filter((one) => one.id !== from);
  return [
    { value: '', label: open },
    ...questions.map(({ id, label }) => ({ value: id, label })),
    ...(content.contact ? [{ value: 'contact', label: gettext('The contact') }] : []),
    { value: 'end', label: gettext('The end') },
  ];
}

/** A problem beside its field, as a sentence that says what to do. */
export function problemText(problems: ReadonlyMap<string, Problem>, path: string): string | null {
  const problem = problems.get(path);
  if (!problem) return null;
  switch (problem.rule) {
    case 'no_questions':
      return gettext('Add a question first.');
    case 'missing_text':
      return gettext('Fill this in.');
    case 'unknown_target':
    case 'unknown_option':
      return gettext('This leads nowhere any more. Choose again.');
    case 'contact_missing':
      return gettext('There is no contact step. Switch it on or lead somewhere else.');
    case 'too_few_options':
      return gettext('Give at least two answers to choose from.');
    case 'wrong_range':
      return gettext('The first score has to be the smaller one.');
    case 'cycle':
      return gettext('From here a way leads back to this question: it would be asked for ever.');
    case 'dead_end':
      return gettext('From here no way leads to the end.');
    case 'unreachable':
      return gettext('No way leads here: nobody would see it.');
    default:
      return sentenceOf(problem, path.split('/').at(-1) ?? '');
  }
}

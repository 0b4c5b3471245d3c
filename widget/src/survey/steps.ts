/** The way through a survey, as the server judges it too. Pure. */
import type { SurveyAnswer, SurveyContent, SurveyQuestion, SurveyText } from '../shared/contracts.gen';

export type Answers = Record<string, SurveyAnswer>;
/** A question's id, or one of the two last steps. */
export type Step = string;
export const CONTACT = 'contact';
export const END = 'end';

export const questionOf = (content: SurveyContent, step: Step): SurveyQuestion | undefined =>
  content.questions.find((question) => question.id === step);

export const isEmpty = ({ choices, text, score }: SurveyAnswer): boolean =>
  !choices?.length && !text?.trim() && score === undefined;

/** Return where the survey begins. */
export const firstStep = (content: SurveyContent): Step => content.questions[0]?.id ?? END;

/** Return where an answer leads: the first branch that fits, else the question's own way, else the question below. */
export function stepAfter(content: SurveyContent, step: Step, answer: SurveyAnswer): Step {
  const place = content.questions.findIndex((question) => question.id === step);
  const question = content.questions[place];
  if (!question) return END;
  const { choices = [], score = -1 } = answer;
  const branch = question.branches.find(
    ({ optionId, fromScore = 11, toScore = -1 }) =>
      (optionId !== undefined && choices.includes(optionId)) || (score >= fromScore && score <= toScore),
  );
  const last = content.contact ? CONTACT : END;
  const next = branch?.next ?? question.next ?? content.questions[place + 1]?.id ?? last;
  if (next === CONTACT) return last;
  return questionOf(content, next) ? next : END;
}

/** Return the words in the reader's language, else in the survey's first one. */
export function textIn(text: SurveyText, content: SurveyContent, locale: string): string {
  const language = locale.split('-')[0] as keyof SurveyText;
  return text[language] ?? text[content.locales[0] as keyof SurveyText] ?? '';
}

/** Return the language of those words. */
export function languageOf(content: SurveyContent, locale: string): string {
  const language = locale.split('-')[0] ?? '';
  return (content.locales as string[]).includes(language) ? language : (content.locales[0] ?? '');
}

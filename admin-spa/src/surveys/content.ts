// What a survey asks: changes to it, what keeps it from being published, and which question comes next. Pure. The
// problems and the way through are those of the server; places are named as it names them.
import schema from '../../../server/contracts/surveys.schema.json';
import type {
  SurveyBranch,
  SurveyContent,
  SurveyQuestion,
  SurveyText,
} from '../../../widget/src/shared/contracts.gen';
import { type Problem, problemsOf, type Shapes } from '../app/shape';

export type Locale = SurveyContent['locales'][number];
export type Kind = SurveyQuestion['kind'];
export const KINDS: readonly Kind[] = ['one', 'many', 'text', 'nps'];
const SHAPES = schema.$defs as unknown as Shapes;

export const chooses = (kind: Kind): boolean => kind === 'one' || kind === 'many';

/** `id` names it for ever: answers are counted by it, so it is never used for another question. */
export function newQuestion(kind: Kind, id: string): SurveyQuestion {
  const options = chooses(kind)
    ? [`${id}-a`, `${id}-b`].map((option) => ({ id: option, text: {}, freeText: false }))
    : [];
  return { id, kind, text: {}, required: true, options, branches: [], next: null };
}

/** The same question of another kind; what does not go with it is gone. */
export function asKind(question: SurveyQuestion, kind: Kind): SurveyQuestion {
  if (chooses(question.kind) && chooses(kind)) return { ...question, kind };
  const fresh = newQuestion(kind, question.id);
  return { ...question, kind, options: fresh.options, branches: [] };
}

export function moved<T>(list: readonly T[], from: number, by: -1 | 1): T[] {
  const after = [...list];
  const [one] = after.splice(from, 1);
  if (one !== undefined) after.splice(from + by, 0, one);
  return after;
}

/** Without a question; ways that led to it lead where they would have gone without being set. */
export function withoutQuestion(content: SurveyContent, id: string): SurveyContent {
  const questions = content.questions
    .filter((one) => one.id !== id)
    .map((one) => ({
      ...one,
      branches: one.branches.filter((branch) => branch.next !== id),
      next: one.next === id ? null : one.next,
    }));
  return { ...content, questions };
}

/** Where an option leads; null is where every other answer leads. */
export function branchOf(question: SurveyQuestion, optionId: string): string | null {
  return question.branches.find((branch) => branch.optionId === optionId)?.next ?? null;
}

export function withBranch(question: SurveyQuestion, optionId: string, next: string | null): SurveyQuestion {
  const others = question.branches.filter((branch) => branch.optionId !== optionId);
  const all = next === null ? others : [...others, { optionId, next }];
  // In the order of the options: the first that fits is taken, and this is the order people see.
  const place = (branch: SurveyBranch) => question.options.findIndex((one) => one.id === branch.optionId);
  return { ...question, branches: all.sort((a, b) => place(a) - place(b)) };
}

export const withText = (text: SurveyText, locale: Locale, words: string): SurveyText => ({
  ...text,
  [locale]: words,
});

/** The words in a language, else in the first of the survey's that has some. */
export function textIn(
  text: SurveyText,
  locale: string,
  locales: readonly Locale[] = ['en', 'ru', 'ro'],
): string {
  return text[locale as Locale] || locales.map((one) => text[one]).find(Boolean) || '';
}

// --- the way through --------------------------------------------------------------------------------------------

/** The same survey from another question on; what comes after which question stays as it is. */
export function startingAt(content: SurveyContent, id: string): SurveyContent {
  const { questions } = content;
  const at = questions.findIndex((one) => one.id === id);
  if (at <= 0) return content;
  // The last one is followed by the contact, also when others stand below it.
  const kept = questions.map((one, place) =>
    place === questions.length - 1 && one.next === null ? { ...one, next: 'contact' } : one,
  );
  return { ...content, questions: [...kept.slice(at), ...kept.slice(0, at)] };
}

function inRange(score: number, low: number | undefined, high: number | undefined): boolean {
  return low !== undefined && high !== undefined && low <= score && score <= high;
}

function withoutBranch(content: SurveyContent, place: number): string {
  const below = content.questions[place + 1]?.id ?? (content.contact ? 'contact' : 'end');
  return content.questions[place]?.next ?? below;
}

// --- what is wrong ----------------------------------------------------------------------------------------------

/** Return the problems by place; an empty map is a survey that may be published. */
export function check(content: SurveyContent): Map<string, Problem> {
  const found = problemsOf(SHAPES, 'SurveyContent', content);
  const note = (path: string, rule: string) => {
    if (!found.has(path)) found.set(path, { rule });
  };
  const words = (path: string, text: SurveyText) => {
    for (const locale of content.locales)
      if (!text[locale]?.trim()) note(`${path}/${locale}`, 'missing_text');
  };
  const { questions, contact } = content;
  const targets = new Set([...questions.map((one) => one.id), 'end']);
  const target = (path: string, next: string) => {
    if (next === 'contact') {
      if (!contact) note(path, 'contact_missing');
    } else if (!targets.has(next)) note(path, 'unknown_target');
  };
  questions.forEach((question, place) => {
    const path = `questions/${place}`;
    words(`${path}/text`, question.text);
    if (chooses(question.kind) && question.options.length < 2) note(`${path}/options`, 'too_few_options');
    question.options.forEach((option, at) => {
      words(`${path}/options/${at}/text`, option.text);
    });
    question.branches.forEach((branch, at) => {
      const problem = branchProblem(question, branch);
      if (problem) note(`${path}/branches/${at}`, problem);
      target(`${path}/branches/${at}/next`, branch.next);
    });
    if (question.next !== null) target(`${path}/next`, question.next);
  });
  if (contact) {
    words('contact/text', contact.text);
    words('contact/consentText', contact.consentText);
  }
  words('thanks', content.thanks);
  if (questions.length === 0) note('questions', 'no_questions');
  else ways(content, note);
  return found;
}

function branchProblem(
  question: SurveyQuestion,
  { optionId, fromScore, toScore }: SurveyBranch,
): string | null {
  if (chooses(question.kind)) {
    if (optionId === undefined) return 'branch_not_allowed';
    return question.options.some((one) => one.id === optionId) ? null : 'unknown_option';
  }
  if (question.kind !== 'nps') return 'branch_not_allowed';
  const fine = fromScore !== undefined && toScore !== undefined && fromScore <= toScore;
  return fine ? null : 'wrong_range';
}

/** What is never reached, what leads back to itself, and what never ends. */
function ways(content: SurveyContent, note: (path: string, rule: string) => void): void {
  const from = new Map(content.questions.map((one, place) => [one.id, waysOf(content, place)]));
  const reachedFrom = (starts: readonly string[]): Set<string> => {
    const seen = new Set(starts);
    for (const id of seen) for (const next of from.get(id) ?? []) seen.add(next);
    return seen;
  };
  const reached = reachedFrom([content.questions[0]?.id ?? '']);
  content.questions.forEach(({ id }, place) => {
    const ahead = reachedFrom(from.get(id) ?? []);
    if (!reached.has(id)) note(`questions/${place}`, 'unreachable');
    else if (ahead.has(id)) note(`questions/${place}`, 'cycle');
    else if (!ahead.has('end') && !ahead.has('contact')) note(`questions/${place}`, 'dead_end');
  });
  if (content.contact && !reached.has('contact')) note('contact', 'unreachable');
}

function waysOf(content: SurveyContent, place: number): string[] {
  const question = content.questions[place];
  if (!question) return [];
  const branched = question.branches.map((one) => one.next);
  return question.required && allBranched(question) ? branched : [...branched, withoutBranch(content, place)];
}

function allBranched({ kind, options, branches }: SurveyQuestion): boolean {
  if (chooses(kind)) {
    return options.length > 0 && options.every(({ id }) => branches.some((one) => one.optionId === id));
  }
  const scores = Array.from({ length: 11 }, (_, score) => score);
  return (
    kind === 'nps' && scores.every((s) => branches.some((one) => inRange(s, one.fromScore, one.toScore)))
  );
}

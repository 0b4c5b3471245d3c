import { expect, test } from 'vitest';
import type { Survey, SurveyContent, SurveyQuestion } from '../../widget/src/shared/contracts.gen';
import { lastDays, periodOf } from '../src/app/period';
import { isEmpty, lengthText, sourceText, tiles } from '../src/reports/numbers';
import { asKind, check, moved, startingAt, withBranch, withoutQuestion } from '../src/surveys/content';
import { openSurveys } from '../src/surveys/surveys';
import { niceTop } from '../src/ui/Charts';
import { T0 } from './builders';

const words = (en: string) => ({ en });
const question = (id: string, part: Partial<SurveyQuestion> = {}): SurveyQuestion => ({
  id,
  kind: 'one',
  text: words(`Question ${id}`),
  required: true,
  options: [
    { id: 'price', text: words('Price'), freeText: false },
    { id: 'other', text: words('Other'), freeText: true },
  ],
  branches: [],
  next: null,
  ...part,
});
const survey = (questions: SurveyQuestion[], part: Partial<SurveyContent> = {}): SurveyContent => ({
  locales: ['en'],
  questions,
  contact: { ask: 'either', text: words('Where?'), consentText: words('I agree'), required: false },
  thanks: words('Thank you'),
  ...part,
});
const rules = (content: SurveyContent) =>
  Object.fromEntries([...check(content)].map(([path, { rule }]) => [path, rule]));

test('a survey begins at any question, and goes on from there as it would have', () => {
  const content = survey([question('a'), question('b', { next: 'a' }), question('c')]);
  expect(startingAt(content, 'a')).toBe(content);
  expect(startingAt(content, 'gone')).toBe(content);
  const later = startingAt(content, 'b');
  expect(later.questions.map(({ id, next }) => [id, next])).toEqual([
    ['b', 'a'],
    ['c', 'contact'],
    ['a', null],
  ]);
});

test('a good survey has no problems', () => {
  expect(rules(survey([question('a')]))).toEqual({});
});

test('what is missing in any of its languages is named with the language', () => {
  const content = survey([question('a')], { locales: ['en', 'ro'], contact: null });
  expect(rules(content)).toEqual({
    'questions/0/text/ro': 'missing_text',
    'questions/0/options/0/text/ro': 'missing_text',
    'questions/0/options/1/text/ro': 'missing_text',
    'thanks/ro': 'missing_text',
  });
});

test('ways that lead nowhere, in a circle, or past a question are found before publishing', () => {
  expect(rules(survey([]))).toMatchObject({ questions: 'no_questions' });
  expect(rules(survey([question('a', { next: 'gone' })]))).toMatchObject({
    'questions/0/next': 'unknown_target',
  });
  expect(rules(survey([question('a', { next: 'contact' })], { contact: null }))).toMatchObject({
    'questions/0/next': 'contact_missing',
  });
  expect(rules(survey([question('a', { next: 'end' }), question('b')]))).toMatchObject({
    'questions/1': 'unreachable',
    contact: 'unreachable',
  });
  expect(rules(survey([question('a', { next: 'b' }), question('b', { next: 'a' })]))).toMatchObject({
    'questions/0': 'cycle',
    'questions/1': 'cycle',
  });
  expect(rules(survey([question('a', { options: [] })]))).toMatchObject({
    'questions/0/options': 'too_few_options',
  });
  const scores = question('a', {
    kind: 'nps',
    options: [],
    branches: [{ fromScore: 6, toScore: 2, next: 'end' }],
  });
  expect(rules(survey([scores]))).toMatchObject({ 'questions/0/branches/0': 'wrong_range' });
});

test('a question that is taken out leaves no way to it', () => {
  const content = survey([
    question('a', { branches: [{ optionId: 'price', next: 'b' }], next: 'b' }),
    question('b'),
  ]);
  const [left] = withoutQuestion(content, 'b').questions;
  expect(left).toMatchObject({ branches: [], next: null });
});

test('ways stand in the order of the options, and another kind of question keeps only what goes with it', () => {
  const one = withBranch(withBranch(question('a'), 'other', 'end'), 'price', 'contact');
  expect(one.branches.map((branch) => branch.optionId)).toEqual(['price', 'other']);
  expect(withBranch(one, 'price', null).branches).toHaveLength(1);
  expect(asKind(one, 'many').branches).toHaveLength(2);
  expect(asKind(one, 'text')).toMatchObject({ options: [], branches: [] });
  expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c']);
});

test('publishing saves first and names the version that came of it', async () => {
  const asked: [string, unknown][] = [];
  const made: Survey = {
    id: 's1',
    siteId: 'site',
    name: 'Exit',
    status: 'draft',
    version: 1,
    publishedVersion: null,
    content: survey([question('a')]),
    problems: [],
    createdAtMs: T0,
    updatedAtMs: T0,
    updatedBy: { id: 'mara', name: 'Mara' },
  };
  const surveys = openSurveys({
    siteId: 'site',
    call: async (method, path, body) => {
      asked.push([`${method} ${path}`, body]);
      return method === 'PUT' ? { ...made, version: 2 } : made;
    },
  });
  await surveys.loadOne('s1');
  surveys.edit('s1', { name: 'Leaving' });
  await surveys.publish('s1');

  expect(asked.slice(1)).toEqual([
    ['PUT /surveys/s1', { version: 1, name: 'Leaving', content: made.content }],
    ['POST /surveys/s1/publish', { version: 2 }],
  ]);
  expect(surveys.unsaved.value.size).toBe(0);
});

test('a period is whole local days, its end not included', () => {
  const range = lastDays(7, new Date(2026, 10, 22, 15).getTime());
  expect(range).toEqual({ from: '2026-11-16', to: '2026-11-22' });
  expect(periodOf(range, 'UTC')).toEqual({
    fromMs: new Date(2026, 10, 16).getTime(),
    toMs: new Date(2026, 10, 23).getTime(),
    timeZone: 'UTC',
  });
  expect(periodOf({ from: '2026-11-22', to: '2026-11-21' }, 'UTC')).toBeNull();
  expect(periodOf({ from: '', to: '2026-11-21' }, 'UTC')).toBeNull();
  expect(periodOf({ from: '2025-01-01', to: '2026-11-21' }, 'UTC')).toBeNull();
});

const NOTHING = {
  visits: 0,
  chats: 0,
  chatsAnswered: 0,
  firstResponseMedianMs: null,
  firstResponseP90Ms: null,
  callbacksRequested: 0,
  callbacksConnected: 0,
  callbacksMissed: 0,
  connectMedianMs: null,
  connectP90Ms: null,
  surveyAnswers: 0,
  invitationsShown: 0,
  invitationsAccepted: 0,
  invitationsDismissed: 0,
};

test('a time that was not measured is a dash, never a nought', () => {
  expect(isEmpty(NOTHING)).toBe(true);
  const found = tiles({ ...NOTHING, visits: 3 });
  expect(found.find((one) => one.label === 'First answer after')).toMatchObject({
    value: '—',
    more: 'not measured in this period',
  });
  expect(lengthText(0)).toBe('0 sec');
  expect(lengthText(125_000)).toBe('2 min 5 sec');
  expect(lengthText(3_840_000)).toBe('1 hr 4 min');
});

test('a source says its parts; none of them is direct', () => {
  const source = { source: 'google', medium: 'cpc', campaign: null, numbers: NOTHING };
  expect(sourceText(source)).toBe('google / cpc');
  expect(sourceText({ ...source, source: null, medium: null })).toBe('Direct');
});

test('a scale ends at a round number that can be halved', () => {
  expect([0, 1, 3, 7, 11, 45, 950].map(niceTop)).toEqual([2, 2, 4, 8, 20, 60, 1000]);
});

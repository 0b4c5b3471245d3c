import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { PublicSurvey, SurveyContent, SurveyQuestion } from '../src/shared/contracts.gen';
import { AskError } from '../src/shared/failure';
import { createRun, type Run } from '../src/survey/model';
import { firstStep, isEmpty, languageOf, stepAfter, textIn } from '../src/survey/steps';
import { fakeLink, fakeVisit, settled } from './fakes';

const question = (id: string, over: Partial<SurveyQuestion> = {}): SurveyQuestion => ({
  id,
  kind: 'one',
  text: { en: `${id}?`, ru: `${id} по-русски?` },
  required: false,
  options: [
    { id: 'price', text: { en: 'Price' }, freeText: false },
    { id: 'other', text: { en: 'Other' }, freeText: true },
  ],
  branches: [],
  next: null,
  ...over,
});

const content: SurveyContent = {
  locales: ['en', 'ru'],
  questions: [
    question('why', { required: true, branches: [{ optionId: 'price', next: 'fair' }] }),
    question('what', { kind: 'text', options: [], next: 'contact' }),
    question('fair', { kind: 'nps', options: [], branches: [{ fromScore: 9, toScore: 10, next: 'end' }] }),
  ],
  contact: {
    ask: 'either',
    text: { en: 'May we write to you?' },
    consentText: { en: 'I agree.' },
    required: false,
  },
  thanks: { en: 'Thank you' },
};

describe('the way through a survey', () => {
  test('begins with the first question and follows the first branch that fits', () => {
    expect(firstStep(content)).toBe('why');
    expect(stepAfter(content, 'why', { choices: ['price'] })).toBe('fair');
    expect(stepAfter(content, 'why', { choices: ['other'] })).toBe('what');
    expect(stepAfter(content, 'what', { text: 'More shops' })).toBe('contact');
    expect([9, 10, 8, 0].map((score) => stepAfter(content, 'fair', { score }))).toEqual([
      'end',
      'end',
      'contact',
      'contact',
    ]);
    expect(stepAfter(content, 'fair', {})).toBe('contact');
  });

  test('ends where nothing is left, and never at a step that is not there', () => {
    const bare = { ...content, contact: null };
    expect(stepAfter(bare, 'fair', {})).toBe('end');
    expect(stepAfter(bare, 'what', {})).toBe('end');
    expect(stepAfter({ ...bare, questions: [question('a', { next: 'gone' })] }, 'a', {})).toBe('end');
    expect(firstStep({ ...bare, questions: [] })).toBe('end');
  });

  test('is worded in the language of the reader, else in the first one of the survey', () => {
    expect(textIn({ en: 'Why', ru: 'Почему' }, content, 'ru-MD')).toBe('Почему');
    expect(textIn({ en: 'Why', ru: 'Почему' }, content, 'fr')).toBe('Why');
    expect([languageOf(content, 'ru-RU'), languageOf(content, 'ar')]).toEqual(['ru', 'en']);
  });

  test('a score of zero is an answer, blanks are none', () => {
    expect([isEmpty({ score: 0 }), isEmpty({ text: '  ' }), isEmpty({ choices: [] }), isEmpty({})]).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });
});

describe('a run', () => {
  let net: ReturnType<typeof fakeLink>;
  let visits: ReturnType<typeof fakeVisit>;
  let run: Run;
  const survey: PublicSurvey = { id: 'sv1', version: 3, content };
  const told = () => net.askedFor('survey:answer') as { answers: object; done: boolean; contact?: object }[];
  /** A server that leaves the way to the browser. */
  const agree = () => {
    net.answers['survey:answer'] = () => ({ next: run.step.value, done: false });
  };
  beforeEach(() => {
    net = fakeLink();
    visits = fakeVisit();
    run = createRun({ link: net.link, visit: visits.visit, survey, runId: 'run-00001' });
    run.region.value = 'MD';
    agree();
  });

  test('tells every answer at once, so that one who leaves half way has not answered for nothing', async () => {
    run.write({ choices: ['price'] });
    run.next();
    run.write({ score: 4 });
    run.next();
    await settled();
    expect(run.step.value).toBe('contact');
    expect(told()).toEqual([
      {
        surveyId: 'sv1',
        version: 3,
        runId: 'run-00001',
        answers: { why: { choices: ['price'] } },
        done: false,
      },
      {
        surveyId: 'sv1',
        version: 3,
        runId: 'run-00001',
        answers: { why: { choices: ['price'] }, fair: { score: 4 } },
        done: false,
      },
    ]);
  });

  test('a question that needs an answer is not left without one', () => {
    run.next();
    expect([run.step.value, run.isMissing.value, told()]).toEqual(['why', true, []]);
    run.write({ choices: ['other'], text: 'Delivery' });
    expect(run.isMissing.value).toBe(false);
    run.next();
    expect(run.step.value).toBe('what');
    // This one may be left out.
    run.next();
    expect(run.step.value).toBe('contact');
  });

  test('one may go back, answer otherwise, and take another way', async () => {
    run.write({ choices: ['other'] });
    run.next();
    run.write({ text: 'Too far' });
    run.back();
    expect(run.answer.value).toEqual({ choices: ['other'] });
    run.write({ choices: ['price'] });
    run.next();
    await settled();
    expect(run.step.value).toBe('fair');
    expect(told().at(-1)?.answers).toEqual({ why: { choices: ['price'] } });
  });

  test('where the server leads elsewhere it is followed', async () => {
    net.answers['survey:answer'] = () => ({ next: 'fair', done: false });
    run.write({ choices: ['other'] });
    run.next();
    await settled();
    expect(run.step.value).toBe('fair');
  });

  test('a contact needs the box to be ticked, and the box is unticked', async () => {
    expect(run.agreed.value).toBe(false);
    run.write({ choices: ['other'] });
    run.next();
    run.next();
    await run.giveContact();
    expect(run.failure.value?.code).toBe('email_invalid');
    run.email.value = 'ana@example.com';
    await run.giveContact();
    expect(run.failure.value?.code).toBe('contact_consent_required');
    run.agreed.value = true;
    await run.giveContact();
    expect(run.step.value).toBe('end');
    expect(told().at(-1)).toMatchObject({ done: true, contact: { email: 'ana@example.com', consent: true } });
  });

  test('a phone goes with its country', async () => {
    run.write({ choices: ['other'] });
    run.next();
    run.next();
    run.contactBy.value = 'phone';
    run.phone.value = '069 123 456';
    run.agreed.value = true;
    await run.giveContact();
    expect(told().at(-1)?.contact).toEqual({ phone: '069 123 456', region: 'MD', consent: true });
  });

  test('a contact that is not taken stays in the field with the reason', async () => {
    run.write({ choices: ['other'] });
    run.next();
    run.next();
    await settled();
    net.answers['survey:answer'] = () => {
      throw new AskError('email_invalid');
    };
    run.email.value = 'ana@';
    run.agreed.value = true;
    await run.giveContact();
    expect([run.step.value, run.email.value, run.failure.value?.code, run.isBusy.value]).toEqual([
      'contact',
      'ana@',
      'email_invalid',
      false,
    ]);
  });

  test('who gives no contact has finished all the same', async () => {
    run.write({ choices: ['other'] });
    run.next();
    run.next();
    run.skipContact();
    await settled();
    expect(run.step.value).toBe('end');
    expect(told().at(-1)).toMatchObject({ done: true });
    expect(told().at(-1)?.contact).toBeUndefined();
  });

  test('an answer that the server refuses leads back to its question', async () => {
    run.write({ choices: ['other'], text: 'x' });
    net.answers['survey:answer'] = () => {
      throw new AskError('answer_invalid', { question: 'why' });
    };
    run.next();
    await settled();
    expect([run.step.value, run.failure.value?.code]).toEqual(['why', 'answer_invalid']);
  });

  test('what was answered without a connection is told when it is back', async () => {
    net.answers['survey:answer'] = () => {
      throw new AskError('connection_lost');
    };
    net.state.value = 'offline';
    run.write({ choices: ['price'] });
    run.next();
    await settled();
    expect([run.step.value, run.failure.value]).toEqual(['fair', null]);
    agree();
    visits.start();
    await settled();
    const before = told().length;
    expect(told().at(-1)?.answers).toEqual({ why: { choices: ['price'] } });
    visits.start();
    await settled();
    expect(told()).toHaveLength(before);
  });

  test('a server that is out of breath is asked again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    net.answers['survey:answer'] = () => {
      throw new AskError('rate_limited');
    };
    run.write({ choices: ['price'] });
    run.next();
    await vi.advanceTimersByTimeAsync(0);
    agree();
    await vi.advanceTimersByTimeAsync(3000);
    vi.useRealTimers();
    expect(told()).toHaveLength(2);
  });
});

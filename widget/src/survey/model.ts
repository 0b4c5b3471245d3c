/**
 * One visitor's run through a survey: one question at a time, each answer told at once, so that whoever leaves half way
 * has not answered for nothing. Answers live in memory; nothing is stored in the browser.
 */
import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import type { Link, Visit } from '../session/live';
import type {
  PublicSurvey,
  SurveyAnswer,
  SurveyAnswerGiven,
  SurveyContactGiven,
} from '../shared/contracts.gen';
import { AskError, toAskError } from '../shared/failure';
import { type Answers, CONTACT, END, firstStep, isEmpty, questionOf, type Step, stepAfter } from './steps';

export interface Run {
  readonly survey: PublicSurvey;
  readonly step: ReadonlySignal<Step>;
  /** The answer to the question that is shown, as far as it is given. */
  readonly answer: ReadonlySignal<SurveyAnswer>;
  readonly canGoBack: ReadonlySignal<boolean>;
  /** Whether the question that is shown needs an answer that is not there; set by a try to go on. */
  readonly isMissing: ReadonlySignal<boolean>;
  readonly failure: Signal<AskError | null>;
  readonly isBusy: ReadonlySignal<boolean>;
  readonly contactBy: Signal<'email' | 'phone'>;
  readonly email: Signal<string>;
  readonly phone: Signal<string>;
  readonly region: Signal<string>;
  /** The box starts unticked. */
  readonly agreed: Signal<boolean>;
  write(answer: SurveyAnswer): void;
  /** Go on with the answer as it is; an empty one leaves the question out, if that may be. */
  next(): void;
  back(): void;
  giveContact(): Promise<void>;
  /** Finish without a contact. */
  skipContact(): void;
}

export interface RunOptions {
  link: Link;
  visit: Visit;
  survey: PublicSurvey;
  runId: string;
}

const AGAIN_MS = 3000;

export function createRun({ link, visit, survey, runId }: RunOptions): Run {
  const { content } = survey;
  const path = signal<readonly Step[]>([firstStep(content)]);
  const answers = signal<Answers>({});
  const isMissing = signal(false);
  const failure = signal<AskError | null>(null);
  const isBusy = signal(false);
  const contactBy = signal<'email' | 'phone'>(content.contact?.ask === 'phone' ? 'phone' : 'email');
  const email = signal('');
  const phone = signal('');
  const region = signal('');
  const agreed = signal(false);
  const step = computed(() => path.value.at(-1) ?? END);
  const answer = computed(() => answers.value[step.value] ?? {});
  /** Counts what was said, so that only the answer to the last word moves anything. */
  let said = 0;
  /** What the server does not have yet: nothing, answers, or that it is done. */
  let owed: 'nothing' | 'answers' | 'done' = 'nothing';

  function words(done: boolean, contact?: SurveyContactGiven): SurveyAnswerGiven {
    const given = path.value.filter((id) => questionOf(content, id) && answers.value[id]);
    return {
      surveyId: survey.id,
      version: survey.version,
      runId,
      answers: Object.fromEntries(given.map((id) => [id, answers.value[id] as SurveyAnswer])),
      ...(contact && { contact }),
      done,
    };
  }

  /** Tell what was answered so far. What does not arrive is told again with the next answer or connection. */
  async function tell() {
    const mine = ++said;
    const isDone = owed === 'done';
    try {
      const { next } = await link.ask('survey:answer', words(isDone));
      if (mine !== said) return;
      owed = 'nothing';
      // The server knows the way better: follow it unless the visitor has begun to answer.
      if (
        !isDone &&
        next !== step.value &&
        isEmpty(answer.value) &&
        (next === CONTACT || next === END || questionOf(content, next))
      )
        path.value = [...path.value.slice(0, -1), next];
    } catch (thrown) {
      if (mine !== said) return;
      const error = toAskError(thrown);
      if (!error.retry) return refuse(error);
      if (link.state.value === 'online')
        setTimeout(() => owed !== 'nothing' && mine === said && tell(), AGAIN_MS);
    }
  }

  /** Go back to the question whose answer is not taken. */
  function refuse(error: AskError) {
    owed = 'nothing';
    batch(() => {
      const place = path.value.indexOf(String(error.details.question));
      if (place >= 0) path.value = path.value.slice(0, place + 1);
      failure.value = error;
    });
  }

  function owe(what: 'answers' | 'done') {
    owed = what;
    void tell();
  }

  visit.onStarted(() => {
    if (owed !== 'nothing') void tell();
  });

  function goTo(next: Step) {
    batch(() => {
      path.value = [...path.value, next];
      isMissing.value = false;
      failure.value = null;
    });
    owe(next === END ? 'done' : 'answers');
  }

  return {
    survey,
    step,
    answer,
    canGoBack: computed(() => path.value.length > 1 && step.value !== END),
    isMissing,
    failure,
    isBusy,
    contactBy,
    email,
    phone,
    region,
    agreed,
    write(next) {
      batch(() => {
        answers.value = { ...answers.value, [step.value]: next };
        isMissing.value = false;
        failure.value = null;
      });
    },
    next() {
      const question = questionOf(content, step.value);
      if (!question) return;
      const given = answer.value;
      if (isEmpty(given) && question.required) {
        isMissing.value = true;
        return;
      }
      // An empty answer says that the question was left out.
      const kept: SurveyAnswer = isEmpty(given) ? {} : given;
      answers.value = { ...answers.value, [question.id]: kept };
      goTo(stepAfter(content, question.id, kept));
    },
    back() {
      if (path.value.length < 2) return;
      batch(() => {
        path.value = path.value.slice(0, -1);
        isMissing.value = false;
        failure.value = null;
      });
    },
    async giveContact() {
      if (isBusy.value) return;
      const by = contactBy.value;
      const written = (by === 'email' ? email : phone).value.trim();
      if (!written) {
        failure.value = new AskError(by === 'email' ? 'email_invalid' : 'phone_required');
        return;
      }
      if (!agreed.value) {
        failure.value = new AskError('contact_consent_required');
        return;
      }
      isBusy.value = true;
      failure.value = null;
      said++;
      const contact =
        by === 'email'
          ? { email: written.slice(0, 254), consent: true }
          : { phone: written.slice(0, 64), region: region.value, consent: true };
      try {
        await link.ask('survey:answer', words(true, contact));
        owed = 'nothing';
        path.value = [...path.value, END];
      } catch (thrown) {
        failure.value = toAskError(thrown);
      } finally {
        isBusy.value = false;
      }
    },
    skipContact: () => goTo(END),
  };
}

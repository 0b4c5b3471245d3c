/** Surveys: one question at a time, beside the launcher or in the page. */
import { effect, signal } from '@preact/signals-core';
import { render } from 'preact';
import type { Session } from '../app';
import type { PublicSurvey } from '../shared/contracts.gen';
import { SURVEY_TEXT } from '../shared/errors.survey';
import { errorText } from '../shared/errors.visitor';
import { type AskError, toAskError } from '../shared/failure';
import { addWords, type Catalog, gettext } from '../shared/gettext';
import { fetchPublic } from '../shared/public';
import { loadWords } from '../shared/words';
import { besideLauncher } from '../shell/beside';
import { dress } from '../shell/dress';
import { Icon } from '../shell/Icon';
import { createRun, type Run } from './model';
import { Steps } from './Steps';
import css from './survey.css?inline';

const catalogs = import.meta.glob<Catalog>('../locales/*.json', { query: '?more', import: 'default' });

export type LoadForm = typeof import('../callback/form');

/** What a survey needs before it can be drawn. */
export interface Asking {
  session: Session;
  run: Run;
  /** The phone field, where the survey asks for a phone. */
  form: LoadForm | null;
}

async function loadAllWords(locale: string): Promise<void> {
  await loadWords(locale);
  const load = catalogs[`../locales/${locale.split('-')[0]}.json`] ?? catalogs['../locales/en.json'];
  addWords((await load?.()) ?? {});
}

const fetchSurvey = ({ launcher }: Session, surveyId: string) =>
  fetchPublic<PublicSurvey>(launcher, `/surveys/${encodeURIComponent(surveyId)}`);

async function begin(session: Session, survey: PublicSurvey, runId: string): Promise<Asking> {
  const { contact } = survey.content;
  const form = contact && contact.ask !== 'email' ? await import('../callback/form') : null;
  const run = createRun({ link: session.link, visit: session.visit, survey, runId });
  form?.startCountry(run, session);
  return { session, run, form };
}

/** After a drawing: a new question is where the focus belongs, so that it is read out. */
function createFocus(run: Run) {
  let before = run.step.peek();
  return (place: Element) => {
    const step = run.step.peek();
    if (step === before) return;
    before = step;
    place.querySelector<HTMLElement>('#question')?.focus({ preventScroll: false });
  };
}

/** A survey in the page: how it is drawn, its looks, and what follows a drawing. */
export async function inlineSurvey(session: Session, surveyId: string) {
  await loadAllWords(session.locale);
  const survey = await fetchSurvey(session, surveyId);
  const asking = await begin(session, survey, session.newId());
  return {
    draw: () => (
      <div class="asking">
        <Steps asking={asking} />
      </div>
    ),
    css: asking.form ? css + asking.form.css : css,
    settle: createFocus(asking.run),
  };
}

export interface Surveys {
  /** Show a survey that the visitor asked for. */
  show(surveyId: string, impressionId?: string): Promise<void>;
}

export async function mount(session: Session): Promise<Surveys> {
  const { launcher, isOpen, isAsking } = session;
  const { root, button } = launcher;
  await loadAllWords(session.locale);
  dress(root, session.site, css);
  const beside = besideLauncher(launcher);
  const asking = signal<Asking | null>(null);
  const failure = signal<AskError | null>(null);
  let settle = (_place: Element) => {};
  /** The run that was asked for last. */
  let awaited = '';

  function close() {
    asking.value = null;
    failure.value = null;
  }

  async function start(survey: PublicSurvey, runId: string) {
    const next = await begin(session, survey, runId);
    if (next.form) dress(root, session.site, next.form.css);
    settle = createFocus(next.run);
    failure.value = null;
    asking.value = next;
  }

  effect(() => {
    const current = asking.value;
    const isShown = (current || failure.value) && !isOpen.value;
    isAsking.value = current !== null || failure.value !== null;
    const hadFocus = beside.hasFocus();
    render(
      isShown && (
        <section class="ui float ask" role="dialog" aria-labelledby="question">
          <div class="from">
            <span class="fine">{session.site.value.name}</span>
            <button type="button" class="round" aria-label={gettext('Close')} onClick={close}>
              <Icon name="close" />
            </button>
          </div>
          {current ? (
            <Steps asking={current} key={current.run.survey.id} />
          ) : (
            <p class="error" role="alert" id="question">
              {failure.value && errorText(failure.value, SURVEY_TEXT)}
            </p>
          )}
        </section>
      ),
      beside.place,
    );
    if (isShown) {
      settle(beside.place);
      return beside.onEscape(close);
    }
    if (hadFocus && !isOpen.value) button.focus();
  });

  return {
    async show(surveyId, impressionId) {
      const runId = impressionId ?? session.newId();
      awaited = runId;
      try {
        const survey = await fetchSurvey(session, surveyId);
        if (awaited !== runId) return;
        await start(survey, runId);
      } catch (error) {
        failure.value = toAskError(error);
      }
      // The visitor asked for it: this is where they go on.
      beside.place.querySelector<HTMLElement>('#question')?.focus();
    },
  };
}

// Surveys: a few questions with ways between them, shown by a rule or inside a page, and what was answered.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { SiteSummary, SurveyTemplate } from '../../../widget/src/shared/contracts.gen';
import { currentLanguage, gettext, ngettext } from '../../../widget/src/shared/gettext';
import { attempt } from '../app/commands';
import { useApp } from '../app/context';
import { hashOf } from '../app/route';
import { Failed, OneSite } from '../app/site';
import { keptPerSite } from '../app/unsaved';
import { Icon } from '../ui/icons';
import { Empty, Skeleton } from '../ui/pieces';
import { exactWhen } from '../ui/time';
import { textIn } from './content';
import { SurveyEditor } from './SurveyEditor';
import { SurveyResultsPage } from './SurveyResultsPage';
import { openSurveys, type Surveys } from './surveys';
import { statusText } from './words';
import '../ui/pages.css';
import '../ui/charts.css';
import './surveys.css';

const useSurveys = keptPerSite((call, siteId) => openSurveys({ call, siteId }));
/** Address of a survey's results: the same id with this before it. */
export const RESULTS = 'results:';

export function SurveysScreen() {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keys
    <section class="page-scroll" tabIndex={0} aria-label={gettext('Surveys')}>
      <div class="page">
        <OneSite>{(site) => <OfSite key={site.id} site={site} />}</OneSite>
      </div>
    </section>
  );
}

function OfSite({ site }: { site: SiteSummary }) {
  const { route } = useApp();
  const surveys = useSurveys(site);
  const id = route.value.screen === 'surveys' ? route.value.id : null;

  if (id === null) return <SurveyList surveys={surveys} />;
  if (id === 'new') return <NewSurvey surveys={surveys} />;
  const results = id.startsWith(RESULTS);
  const surveyId = results ? id.slice(RESULTS.length) : id;
  return <OneSurvey key={surveyId} surveys={surveys} id={surveyId} siteKey={site.key} results={results} />;
}

function OneSurvey(props: { surveys: Surveys; id: string; siteKey: string; results: boolean }) {
  const { surveys, id, results } = props;
  useEffect(() => void surveys.loadOne(id), [surveys, id]);
  const survey = surveys.open.value;
  const failure = surveys.failure.value;
  if (!survey || survey.id !== id) {
    return failure ? (
      <Failed failure={failure} again={() => void surveys.loadOne(id)} />
    ) : (
      <Skeleton rows={5} />
    );
  }
  const tabs: [string, string, boolean][] = [
    [id, gettext('Questions'), !results],
    [`${RESULTS}${id}`, gettext('Results'), results],
  ];
  return (
    <>
      <header class="page-head">
        <a class="icon-button" href={hashOf('surveys')} aria-label={gettext('Back to the surveys')}>
          <Icon name="back" />
        </a>
        <h2 class="title" dir="auto">
          {surveys.written(id)?.name || gettext('Survey without a name')}
        </h2>
        <StatusChip status={survey.status} />
        {survey.publishedVersion !== null &&
          survey.publishedVersion !== survey.version &&
          survey.status === 'published' && <span class="chip">{gettext('Draft not published')}</span>}
        <nav class="tabs" aria-label={gettext('Survey')}>
          {tabs.map(([target, label, on]) => (
            <a key={target} href={hashOf('surveys', target)} aria-current={on ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
      </header>
      {results ? (
        <SurveyResultsPage surveys={surveys} survey={survey} />
      ) : (
        <SurveyEditor surveys={surveys} survey={survey} siteKey={props.siteKey} />
      )}
    </>
  );
}

function StatusChip({ status }: { status: 'draft' | 'published' | 'closed' }) {
  return (
    <span class={status === 'published' ? 'chip chip-done' : 'chip'}>
      {status === 'published' && <Icon name="check" size={14} />}
      {statusText(status)}
    </span>
  );
}

function SurveyList({ surveys }: { surveys: Surveys }) {
  useEffect(() => void surveys.loadList(), [surveys]);
  const list = surveys.list.value;
  const failure = surveys.failure.value;
  return (
    <>
      <header class="page-head">
        <p class="title" aria-hidden="true">
          {gettext('Surveys')}
        </p>
        <a class="button button-primary" href={hashOf('surveys', 'new')}>
          <Icon name="plus" size={18} /> {gettext('New survey')}
        </a>
      </header>
      {!list && failure && <Failed failure={failure} again={() => void surveys.loadList()} />}
      {!list && !failure && <Skeleton rows={4} />}
      {list?.length === 0 && (
        <Empty icon="question" title={gettext('No surveys yet')}>
          <p>
            {gettext(
              'Ask one question first, such as why somebody leaves; every answer is kept, also when no contact is left. A rule shows the survey at the right moment.',
            )}
          </p>
          <a class="button button-primary" href={hashOf('surveys', 'new')}>
            {gettext('Choose a template')}
          </a>
        </Empty>
      )}
      <ul class="cards">
        {list?.map((one) => (
          <li key={one.id}>
            <a class="card" href={hashOf('surveys', one.id)}>
              <span class="card-top">
                <strong dir="auto">{one.name}</strong>
                <StatusChip status={one.status} />
                {surveys.unsaved.value.has(one.id) && (
                  <span class="chip chip-warn">{gettext('Not saved')}</span>
                )}
              </span>
              <span class="card-text">{ngettext('{n} question', '{n} questions', one.questions)}</span>
              <span class="muted">
                {gettext('Last change: {name}, {when}', {
                  name: one.updatedBy.name,
                  when: exactWhen(one.updatedAtMs),
                })}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

function NewSurvey({ surveys }: { surveys: Surveys }) {
  const { go } = useApp();
  const busy = useSignal(false);
  useEffect(() => {
    if (!surveys.templates.peek()) void surveys.loadTemplates();
  }, [surveys]);
  const templates = surveys.templates.value;
  const failure = surveys.failure.value;
  const begin = (template: SurveyTemplate) => () =>
    attempt(async () => {
      if (busy.value) return;
      busy.value = true;
      try {
        const made = await surveys.create(textIn(template.name, currentLanguage()), template.content);
        go('surveys', made.id);
      } finally {
        busy.value = false;
      }
    });
  return (
    <>
      <header class="page-head">
        <a class="icon-button" href={hashOf('surveys')} aria-label={gettext('Back to the surveys')}>
          <Icon name="back" />
        </a>
        <h2 class="title">{gettext('New survey')}</h2>
        <p class="muted page-about">
          {gettext('Begin with what comes closest. It is a draft: nobody sees it before you publish it.')}
        </p>
      </header>
      {!templates && failure && <Failed failure={failure} again={() => void surveys.loadTemplates()} />}
      {!templates && !failure && <Skeleton rows={3} />}
      <ul class="cards cards-grid" aria-busy={busy.value}>
        {templates?.map((template) => (
          <li key={template.id}>
            <button type="button" class="card" onClick={begin(template)}>
              <strong>{textIn(template.name, currentLanguage())}</strong>
              {template.content.questions.map((question) => (
                <span class="card-text" key={question.id}>
                  {textIn(question.text, currentLanguage())}
                </span>
              ))}
              {template.content.contact && (
                <span class="muted">{gettext('Asks for a contact at the end')}</span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

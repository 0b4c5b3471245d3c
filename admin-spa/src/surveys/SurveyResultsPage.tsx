import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Survey, SurveyQuestionResult, SurveyResults } from '../../../widget/src/shared/contracts.gen';
import { currentLanguage, gettext, ngettext } from '../../../widget/src/shared/gettext';
import { attempt } from '../app/commands';
import { useApp } from '../app/context';
import { chosenRange, localZone, type Period, PeriodFields, periodOf } from '../app/period';
import { Failed } from '../app/site';
import { Bars, numberText, shareText, Trend } from '../ui/Charts';
import { Icon } from '../ui/icons';
import { Empty, Skeleton } from '../ui/pieces';
import { exactWhen, nameOf } from '../ui/time';
import { textIn } from './content';
import type { Surveys } from './surveys';

export function SurveyResultsPage({ surveys, survey }: { surveys: Surveys; survey: Survey }) {
  const { nowMs } = useApp();
  const range = chosenRange;
  const period = periodOf(range.value, localZone());
  const asked = period && `${period.fromMs}-${period.toMs}`;
  useEffect(() => {
    if (period) void surveys.loadResults(survey.id, period);
  }, [surveys, survey.id, asked]);
  const { value: failure } = surveys.failure;
  const found = surveys.results.value?.surveyId === survey.id ? surveys.results.value : null;
  return (
    <div class="stack">
      <div class="toolbar">
        <PeriodFields range={range} nowMs={nowMs.value} />
        {period && (
          <a class="button" href={surveys.csv(survey.id, period)} download>
            {gettext('Download as CSV')}
          </a>
        )}
      </div>
      {failure && (
        <Failed failure={failure} again={() => period && void surveys.loadResults(survey.id, period)} />
      )}
      {!found && !failure && <Skeleton rows={4} />}
      {found && period && <Found surveys={surveys} survey={survey} found={found} period={period} />}
    </div>
  );
}

function Found(props: { surveys: Surveys; survey: Survey; found: SurveyResults; period: Period }) {
  const { surveys, survey, found } = props;
  if (found.runs === 0) {
    return (
      <Empty icon="question" title={gettext('No answers in this period')}>
        <p>
          {survey.status === 'published'
            ? gettext('Visitors see the survey when a rule shows it, or where it stands inside a page.')
            : gettext('Publish the survey, then let a rule show it.')}
        </p>
      </Empty>
    );
  }
  const figures: [string, string, string][] = [
    [gettext('Began to answer'), numberText(found.runs), ''],
    [gettext('Answered to the end'), numberText(found.done), shareText(found.done, found.runs)],
    [gettext('Left a contact'), numberText(found.contacts), shareText(found.contacts, found.runs)],
  ];
  return (
    <>
      <dl class="tiles">
        {figures.map(([label, value, share]) => (
          <div key={label} class="tile">
            <dt>{label}</dt>
            <dd>
              {value} {share && <small>{share}</small>}
            </dd>
          </div>
        ))}
      </dl>
      {found.questions.map((question) => (
        <QuestionResult key={question.id} surveys={surveys} surveyId={survey.id} question={question} />
      ))}
      {found.byDay.length > 1 && (
        <section class="panel">
          <Trend
            name={gettext('By day')}
            unit={gettext('Began to answer')}
            days={found.byDay.map((one) => one.day)}
            values={found.byDay.map((one) => one.runs)}
          />
        </section>
      )}
      {found.byLocale.length > 1 && (
        <section class="panel">
          <Bars
            name={gettext('By language')}
            unit={gettext('Began to answer')}
            whole={found.runs}
            bars={found.byLocale.map((one) => ({
              id: one.locale,
              label: nameOf('language', one.locale),
              value: one.runs,
            }))}
          />
        </section>
      )}
    </>
  );
}

function QuestionResult(props: { surveys: Surveys; surveyId: string; question: SurveyQuestionResult }) {
  const { surveys, surveyId, question } = props;
  const say = (text: SurveyQuestionResult['text']) => textIn(text, currentLanguage());
  const name = gettext('{n} answered, {skipped} left it out', {
    n: numberText(question.answered),
    skipped: numberText(question.skipped),
  });
  const bars =
    question.kind === 'nps'
      ? question.scores.map((value, score) => ({ id: String(score), label: String(score), value }))
      : question.options.map((one) => ({ id: one.id, label: say(one.text) || one.id, value: one.count }));
  return (
    <section class="panel">
      <h2 dir="auto">{say(question.text) || question.id}</h2>
      {question.nps !== null && (
        <p>
          {gettext('Net promoter score: {score}', { score: question.nps })}{' '}
          <span class="muted">{gettext('share of 9 and 10 minus share of 0 to 6')}</span>
        </p>
      )}
      {bars.length > 0 ? (
        <Bars name={name} unit={gettext('Answers')} whole={question.answered} bars={bars} />
      ) : (
        <p class="muted">{name}</p>
      )}
      {question.texts > 0 && <FreeTexts surveys={surveys} surveyId={surveyId} question={question} />}
    </section>
  );
}

function FreeTexts(props: { surveys: Surveys; surveyId: string; question: SurveyQuestionResult }) {
  const { surveys, surveyId, question } = props;
  const busy = useSignal(false);
  const found = surveys.texts.value?.questionId === question.id ? surveys.texts.value : null;
  const load = () =>
    attempt(async () => {
      busy.value = true;
      try {
        await surveys.loadTexts(surveyId, question.id);
      } finally {
        busy.value = false;
      }
    });
  return (
    <div class="stack-s">
      {found && (
        <ul class="said-list">
          {found.texts.map((one) => (
            <li key={one.runId}>
              <blockquote dir="auto" lang={one.locale}>
                {one.text}
              </blockquote>
              <time class="muted">{exactWhen(one.atMs)}</time>
            </li>
          ))}
        </ul>
      )}
      {(!found || found.next) && (
        <div>
          <button type="button" class="button button-small" disabled={busy.value} onClick={load}>
            <Icon name="down" size={16} />
            {found
              ? gettext('Older ones')
              : ngettext('Read the {n} text', 'Read the {n} texts', question.texts)}
          </button>
        </div>
      )}
    </div>
  );
}

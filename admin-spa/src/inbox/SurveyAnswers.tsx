import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { SurveyRun, SurveyRunAnswer, SurveyText } from '../../../widget/src/shared/contracts.gen';
import { currentLanguage, gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { exactWhen } from '../ui/time';

/** What a visitor answered in surveys, in the words they saw; nothing where nothing was answered. */
export function SurveyAnswers({ visitorId }: { visitorId: string }) {
  const { api, console } = useApp();
  const runs = useSignal<readonly SurveyRun[]>([]);
  useEffect(() => {
    let wanted = true;
    const load = () =>
      api.call('GET', `/visitors/${encodeURIComponent(visitorId)}/surveys`).then(
        (reply) => {
          if (wanted) runs.value = (reply as { runs: SurveyRun[] }).runs;
        },
        () => undefined, // Beside a conversation it is an extra; the results of the survey have it too.
      );
    void load();
    return () => {
      wanted = false;
    };
  }, [api, visitorId, runs]);
  useSignalEffect(() => {
    const run = console.answered.value;
    if (run?.visitorId !== visitorId) return;
    runs.value = [run, ...runs.peek().filter((one) => one.id !== run.id)];
  });
  if (runs.value.length === 0) return null;
  return (
    <section>
      <h3>{gettext('Survey answers')}</h3>
      {runs.value.map((run) => (
        <dl class="facts" key={run.id}>
          {run.answers.map((answer) => (
            <div key={answer.questionId}>
              <dt dir="auto">{say(answer.question, run.locale)}</dt>
              <dd dir="auto">{answerText(answer, run.locale)}</dd>
            </div>
          ))}
          {(run.email ?? run.phone) && (
            <div>
              <dt>{gettext('Contact')}</dt>
              <dd>
                <bdi>{run.email ?? run.phone}</bdi>
              </dd>
            </div>
          )}
          <div>
            <dt>{run.surveyName}</dt>
            <dd>{exactWhen(run.updatedAtMs)}</dd>
          </div>
        </dl>
      ))}
    </section>
  );
}

function say(text: SurveyText, locale: string): string {
  const language = (tag: string) => text[tag.split('-')[0] as keyof SurveyText];
  return language(currentLanguage()) || language(locale) || Object.values(text).find(Boolean) || '';
}

function answerText({ choices, text, score }: SurveyRunAnswer, locale: string): string {
  const parts = choices.map((choice) => say(choice.text, locale));
  if (score !== null) parts.push(String(score));
  if (text) parts.push(text);
  return parts.join('; ') || gettext('left out');
}

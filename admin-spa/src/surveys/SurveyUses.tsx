import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { RuleList, Survey, TriggerRule } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { hashOf } from '../app/route';
import { Icon } from '../ui/icons';

/** The rules that lead to the survey: closing it stops those that are live. */
export function SurveyUses({ survey }: { survey: Survey }) {
  const { api } = useApp();
  const rules = useSignal<readonly TriggerRule[] | null>(null);
  useEffect(() => {
    api.call('GET', `/sites/${encodeURIComponent(survey.siteId)}/rules`).then(
      (told) => {
        rules.value = (told as RuleList).rules.filter((rule) => leadsTo(rule, survey.id));
      },
      () => undefined, // Only an extra: without it the editor works.
    );
  }, [api, rules, survey.siteId, survey.id]);
  if (!rules.value) return null;
  const live = rules.value.filter((rule) => rule.status === 'live');
  return (
    <div class="panel">
      <h3>{gettext('Shown by')}</h3>
      {rules.value.length === 0 && (
        <p class="muted">
          {gettext('No rule leads to this survey yet.')}{' '}
          <a href={hashOf('campaigns', 'new')}>{gettext('Make one')}</a>
        </p>
      )}
      <ul class="stack-s">
        {rules.value.map((rule) => (
          <li key={rule.id}>
            <a href={hashOf('campaigns', rule.id)} dir="auto">
              {rule.draft.name}
            </a>{' '}
            {rule.status === 'live' && <span class="chip chip-done">{gettext('Live')}</span>}
          </li>
        ))}
      </ul>
      {live.length > 0 && (
        <p class={survey.status === 'published' ? 'muted' : 'alert alert-warn'}>
          {survey.status !== 'published' && <Icon name="warn" size={16} />}
          {survey.status === 'published'
            ? gettext('While the survey is closed, live rules that lead to it show nothing.')
            : gettext('Live rules lead here, but show nothing: the survey is not published.')}
        </p>
      )}
    </div>
  );
}

/** Whether what visitors get of a rule, or its draft, leads to the survey. */
function leadsTo({ status, live, draft }: TriggerRule, surveyId: string): boolean {
  const shown = status === 'live' && live ? [live, draft] : [draft];
  return shown.some(({ action }) => action.kind === 'survey' && action.surveyId === surveyId);
}

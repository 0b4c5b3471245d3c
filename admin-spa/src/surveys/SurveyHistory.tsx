import { useEffect } from 'preact/hooks';
import type { Survey, SurveyVersion } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { exactWhen } from '../ui/time';
import type { Surveys } from './surveys';

const SHOWN = 8;

/** Who did what to the survey, the newest first. */
export function SurveyHistory({ surveys, survey }: { surveys: Surveys; survey: Survey }) {
  useEffect(() => {
    // Only an extra: without it the editor works.
    surveys.loadVersions(survey.id).catch(() => undefined);
  }, [surveys, survey.id, survey.version, survey.status]);
  const list = surveys.versions.value ?? [];
  if (list.length === 0) return null;
  return (
    <div class="panel">
      <h3>{gettext('Versions')}</h3>
      <ol class="stack-s">
        {list.slice(0, SHOWN).map((one) => (
          <li key={`${one.version}-${one.action}`}>
            <strong>{actionText(one.action)}</strong>{' '}
            <span class="muted">
              <bdi>{one.by.name}</bdi>, {exactWhen(one.atMs)}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function actionText(action: SurveyVersion['action']): string {
  switch (action) {
    case 'created':
      return gettext('Created');
    case 'saved':
      return gettext('Draft saved');
    case 'published':
      return gettext('Published');
    case 'closed':
      return gettext('Survey closed');
  }
}

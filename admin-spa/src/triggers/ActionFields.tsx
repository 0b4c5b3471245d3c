import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { RuleAction, RuleContent } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import type { Problems } from '../app/shape';
import { SelectInput, TextInput } from '../ui/Inputs';
import { Choice } from '../ui/pieces';
import { actionText, problemText } from './words';

interface Props {
  siteId: string;
  content: RuleContent;
  problems: Problems;
  onChange: (part: Partial<RuleContent>) => void;
}

/** What accepting does, and who invites. */
export function ActionFields({ siteId, content, problems, onChange }: Props) {
  const { action } = content;
  const wrong = (field: string) => problemText(problems, `action/${field}`);
  return (
    <>
      <SelectInput
        label={gettext('Accepting the invitation')}
        value={action.kind}
        options={(['chat', 'callback', 'survey', 'link', 'event'] as const).map((value) => ({
          value,
          label: actionText(value),
        }))}
        onChange={(kind) => onChange({ action: newAction(kind) })}
      />
      {action.kind === 'link' && (
        <TextInput
          label={gettext('Address')}
          type="url"
          placeholder="https://shop.example/sale"
          maxLength={2048}
          value={action.url}
          error={wrong('url')}
          onChange={(url) => onChange({ action: { kind: 'link', url } })}
        />
      )}
      {action.kind === 'event' && (
        <TextInput
          label={gettext('Name of the event')}
          placeholder="open_size_guide"
          hint={gettext('The page hears it as {event}.', { event: `ringback:${action.name || '…'}` })}
          maxLength={64}
          value={action.name}
          error={wrong('name')}
          onChange={(name) => onChange({ action: { kind: 'event', name } })}
        />
      )}
      {action.kind === 'survey' && (
        <SurveyChoice
          siteId={siteId}
          value={action.surveyId}
          error={wrong('surveyId')}
          onChange={(surveyId) => onChange({ action: { kind: 'survey', surveyId } })}
        />
      )}
      <Choice
        legend={gettext('Who invites')}
        value={content.invitee}
        options={[
          {
            value: 'consultant',
            label: gettext('An available consultant'),
            hint: gettext('With name and photo; nobody available, nothing shown.'),
          },
          {
            value: 'team',
            label: gettext('The team'),
            hint: gettext('Without a name, also when nobody is there.'),
          },
        ]}
        onChange={(invitee) => onChange({ invitee })}
      />
    </>
  );
}

function newAction(kind: RuleAction['kind']): RuleAction {
  switch (kind) {
    case 'chat':
    case 'callback':
      return { kind };
    case 'survey':
      return { kind, surveyId: '' };
    case 'link':
      return { kind, url: '' };
    case 'event':
      return { kind, name: '' };
  }
}

interface Survey {
  readonly id: string;
  readonly name: string;
  readonly status: string;
}

function SurveyChoice(props: {
  siteId: string;
  value: string;
  error: string | null;
  onChange: (surveyId: string) => void;
}) {
  const { api } = useApp();
  const surveys = useSignal<readonly Survey[] | null>(null);
  useEffect(() => {
    api.call('GET', `/surveys?siteId=${encodeURIComponent(props.siteId)}`).then(
      (reply) => {
        surveys.value = (reply as { surveys: Survey[] }).surveys;
      },
      () => {
        surveys.value = [];
      },
    );
  }, [api, props.siteId, surveys]);
  const list = surveys.value ?? [];
  const known = list.some((one) => one.id === props.value);
  const chosen = list.find((one) => one.id === props.value);
  return (
    <SelectInput
      label={gettext('Survey')}
      value={known ? props.value : ''}
      error={surveys.value && !known ? gettext('Choose a survey.') : props.error}
      hint={
        chosen && chosen.status !== 'published'
          ? gettext('This survey is not published: visitors cannot open it yet.')
          : surveys.value?.length === 0
            ? gettext('There is no survey yet. Make one first, on the screen Surveys.')
            : undefined
      }
      options={[
        { value: '', label: gettext('Choose…') },
        ...list.map((one) => ({ value: one.id, label: one.name })),
      ]}
      onChange={props.onChange}
    />
  );
}

import { useSignal } from '@preact/signals';
import type { RuleContent } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import type { Problems } from '../app/shape';
import { NumberInput, Panel } from '../ui/Inputs';
import { Field } from '../ui/pieces';
import { problemText } from './words';

interface Props {
  content: RuleContent;
  problems: Problems;
  onChange: (part: Partial<RuleContent>) => void;
}

/** How often, how many, when, and before whom. */
export function Frequency({ content, problems, onChange }: Props) {
  const { caps, schedule } = content;
  const cap = (field: keyof RuleContent['caps'], label: string) => (
    <NumberInput
      label={label}
      empty={gettext('no limit')}
      value={caps[field]}
      error={problemText(problems, `caps/${field}`)}
      onChange={(value) => onChange({ caps: { ...caps, [field]: value } })}
    />
  );
  return (
    <Panel
      title={gettext('How often')}
      about={gettext('Below the limits of the site, which hold for all rules together.')}
    >
      <div class="columns">
        {cap('perVisit', gettext('Most in one visit'))}
        {cap('perDay', gettext('Most in one day'))}
        {cap('perVisitor', gettext('Most for one visitor'))}
      </div>
      <div class="columns">
        <NumberInput
          label={gettext('Share of visitors')}
          unit="%"
          hint={gettext('The same visitor is always in or always out.')}
          value={content.samplePercent}
          error={problemText(problems, 'samplePercent')}
          onChange={(value) => onChange({ samplePercent: value ?? Number.NaN })}
        />
        <NumberInput
          label={gettext('Priority')}
          hint={gettext('0 to 1000. Of several rules that fit, the highest shows.')}
          value={content.priority}
          error={problemText(problems, 'priority')}
          onChange={(value) => onChange({ priority: value ?? Number.NaN })}
        />
      </div>
      <div class="columns">
        <Moment
          label={gettext('Not before')}
          atMs={schedule.fromAtMs}
          error={problemText(problems, 'schedule/fromAtMs')}
          onChange={(fromAtMs) => onChange({ schedule: { ...schedule, fromAtMs } })}
        />
        <Moment
          label={gettext('Not after')}
          atMs={schedule.untilAtMs}
          error={problemText(problems, 'schedule/untilAtMs')}
          onChange={(untilAtMs) => onChange({ schedule: { ...schedule, untilAtMs } })}
        />
      </div>
    </Panel>
  );
}

function Moment(props: {
  label: string;
  atMs: number | null;
  error: string | null;
  onChange: (atMs: number | null) => void;
}) {
  const typed = useSignal<string | null>(null);
  const shown = typed.value !== null && parse(typed.value) === props.atMs ? typed.value : local(props.atMs);
  return (
    <Field label={props.label} hint={gettext('Your local time; empty: open.')} error={props.error}>
      {({ id, describedBy, invalid }) => (
        <input
          id={id}
          type="datetime-local"
          class="input"
          aria-describedby={describedBy}
          aria-invalid={invalid}
          value={shown}
          onInput={({ currentTarget }) => {
            typed.value = currentTarget.value;
            props.onChange(parse(currentTarget.value));
          }}
        />
      )}
    </Field>
  );
}

function parse(text: string): number | null {
  const atMs = text ? new Date(text).getTime() : Number.NaN;
  return Number.isNaN(atMs) ? null : atMs;
}

function local(atMs: number | null): string {
  if (atMs === null) return '';
  const date = new Date(atMs);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

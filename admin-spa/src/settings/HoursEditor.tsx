import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { Icon } from '../ui/icons';
import { Field, Switch } from '../ui/pieces';
import { timeIn, weekdays } from '../ui/time';
import { addInterval, type HoursForm, type Interval, likeMonday, type Span } from './hours';
import { zoneGroups } from './zones';

interface Props {
  form: HoursForm;
  error: string | null;
  onChange: (part: Partial<HoursForm>) => void;
}

/** The usual week: any number of intervals a day, in the site's own time zone. */
export function HoursEditor({ form, error, onChange }: Props) {
  const { nowMs } = useApp();
  const { weekly } = form;
  const monday = weekly.some(({ day }) => day === 1);
  return (
    <section class="panel">
      <h2>{gettext('Opening hours')}</h2>
      <Switch
        label={gettext('Always open')}
        hint={gettext('Calls are offered at any time.')}
        on={form.alwaysOpen}
        onChange={(alwaysOpen) => onChange({ alwaysOpen })}
      />
      {!form.alwaysOpen && (
        <>
          <Field
            label={gettext('Time zone')}
            hint={gettext('It is {time} there now.', { time: timeIn(form.timeZone, nowMs.value) ?? '–' })}
          >
            {({ id, describedBy }) => (
              <select
                id={id}
                class="select"
                aria-describedby={describedBy}
                value={form.timeZone}
                onChange={(event) => onChange({ timeZone: event.currentTarget.value })}
              >
                {zoneGroups(form.timeZone).map(({ name, zones }) => (
                  <optgroup key={name} label={name}>
                    {zones.map((zone) => (
                      <option key={zone.id} value={zone.id}>
                        {zone.label}
                      </option>
                    ))}
                  </optgroup>
                ))}
              </select>
            )}
          </Field>
          <div class="hours">
            {weekdays().map((name, at) => (
              <Day key={name} day={at + 1} name={name} weekly={weekly} onChange={onChange} />
            ))}
          </div>
          {monday && (
            <div>
              <button
                type="button"
                class="button button-quiet button-small may-wrap"
                onClick={() => onChange({ weekly: likeMonday(weekly) })}
              >
                <Icon name="copy" size={16} /> {gettext('Monday’s hours for Tuesday to Friday')}
              </button>
            </div>
          )}
          {error && (
            <p class="field-error" role="alert">
              <Icon name="warn" size={16} /> {error}
            </p>
          )}
        </>
      )}
    </section>
  );
}

interface DayProps {
  day: number;
  name: string;
  weekly: readonly Interval[];
  onChange: (part: Partial<HoursForm>) => void;
}

function Day({ day, name, weekly, onChange }: DayProps) {
  const mine = weekly.filter((one) => one.day === day);
  const replace = (before: Interval, after: Interval | null) =>
    onChange({ weekly: weekly.flatMap((one) => (one === before ? (after ? [after] : []) : [one])) });
  return (
    <fieldset class="day">
      <legend>{name}</legend>
      <div class="day-intervals">
        {mine.length === 0 && <span class="muted">{gettext('Not open')}</span>}
        {mine.map((one, at) => (
          <SpanFields
            key={at}
            name={name}
            span={one}
            onChange={(span) => replace(one, span && { day, ...span })}
          />
        ))}
      </div>
      <button
        type="button"
        class="icon-button"
        aria-label={gettext('{day}: add hours', { day: name })}
        onClick={() => onChange({ weekly: addInterval(weekly, day) })}
      >
        <Icon name="plus" size={18} />
      </button>
    </fieldset>
  );
}

/** From when to when; `onChange(null)` takes it away. `name` says of which day. */
export function SpanFields(props: { name: string; span: Span; onChange: (span: Span | null) => void }) {
  const { name, span, onChange } = props;
  const { from, to } = span;
  return (
    <span class="interval">
      <input
        class="input"
        type="time"
        required
        aria-label={gettext('{day}: from', { day: name })}
        aria-invalid={!from}
        value={from}
        onInput={(event) => onChange({ from: event.currentTarget.value, to })}
      />
      <span aria-hidden="true">–</span>
      <input
        class="input"
        type="time"
        required
        aria-label={gettext('{day}: to', { day: name })}
        aria-invalid={!to}
        value={to}
        onInput={(event) => onChange({ from, to: event.currentTarget.value })}
      />
      <button
        type="button"
        class="icon-button"
        aria-label={gettext('{day}: remove {from} to {to}', { day: name, from, to })}
        onClick={() => onChange(null)}
      >
        <Icon name="bin" size={18} />
      </button>
      {from && to && to <= from && <small class="muted">{gettext('until the next day')}</small>}
    </span>
  );
}

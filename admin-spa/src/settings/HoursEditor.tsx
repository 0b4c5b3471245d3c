import { useSignal } from '@preact/signals';
import { gettext } from '../../../widget/src/shared/gettext';
import { Icon } from '../ui/icons';
import { Field, Switch } from '../ui/pieces';
import { weekdays } from '../ui/time';
import { addInterval, type CallingForm, type Interval } from './form';

interface Props {
  form: CallingForm;
  error: string | null;
  onChange: (part: Partial<CallingForm>) => void;
}

/** Opening hours: any number of intervals a day, in the site's own time zone, and dates on which it is closed. */
export function HoursEditor({ form, error, onChange }: Props) {
  const names = weekdays();
  return (
    <section class="panel">
      <h2>{gettext('Hours for calls')}</h2>
      <Switch
        label={gettext('Always open')}
        on={form.alwaysOpen}
        onChange={(alwaysOpen) => onChange({ alwaysOpen })}
      />
      {!form.alwaysOpen && (
        <>
          <Field label={gettext('Time zone')}>
            {({ id }) => (
              <select
                id={id}
                class="select"
                value={form.timeZone}
                onChange={(event) => onChange({ timeZone: event.currentTarget.value })}
              >
                {zones(form.timeZone).map((zone) => (
                  <option key={zone}>{zone}</option>
                ))}
              </select>
            )}
          </Field>
          <div class="hours">
            {names.map((name, at) => (
              <Day key={name} day={at + 1} name={name} form={form} onChange={onChange} />
            ))}
          </div>
          {error && (
            <p class="field-error" role="alert">
              <Icon name="warn" size={16} /> {error}
            </p>
          )}
          <ClosedDates dates={form.closedDates} onChange={(closedDates) => onChange({ closedDates })} />
        </>
      )}
    </section>
  );
}

interface DayProps {
  day: number;
  name: string;
  form: CallingForm;
  onChange: (part: Partial<CallingForm>) => void;
}

function Day({ day, name, form, onChange }: DayProps) {
  const { weekly } = form;
  const mine = weekly.filter((one) => one.day === day);
  const replace = (before: Interval, after: Interval | null) =>
    onChange({ weekly: weekly.flatMap((one) => (one === before ? (after ? [after] : []) : [one])) });
  return (
    <fieldset class="day">
      <legend>{name}</legend>
      <div class="day-intervals">
        {mine.length === 0 && <span class="muted">{gettext('Closed')}</span>}
        {mine.map((one, at) => (
          <span key={at} class="interval">
            <input
              class="input"
              type="time"
              required
              aria-label={gettext('{day}: from', { day: name })}
              aria-invalid={!one.from}
              value={one.from}
              onInput={(event) => replace(one, { ...one, from: event.currentTarget.value })}
            />
            <span aria-hidden="true">–</span>
            <input
              class="input"
              type="time"
              required
              aria-label={gettext('{day}: to', { day: name })}
              aria-invalid={!one.to}
              value={one.to}
              onInput={(event) => replace(one, { ...one, to: event.currentTarget.value })}
            />
            <button
              type="button"
              class="icon-button"
              aria-label={gettext('{day}: remove {from} to {to}', { day: name, from: one.from, to: one.to })}
              onClick={() => replace(one, null)}
            >
              <Icon name="bin" size={18} />
            </button>
            {one.from && one.to && one.to <= one.from && (
              <small class="muted">{gettext('until the next day')}</small>
            )}
          </span>
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

function ClosedDates({ dates, onChange }: { dates: readonly string[]; onChange: (dates: string[]) => void }) {
  const added = useSignal('');
  const add = () => {
    if (added.value) onChange([...new Set([...dates, added.value])].sort());
    added.value = '';
  };
  return (
    <div class="regions">
      <Field label={gettext('Closed on these dates')}>
        {({ id }) => (
          <div class="with-button">
            <input
              id={id}
              class="input"
              type="date"
              value={added.value}
              onInput={(event) => {
                added.value = event.currentTarget.value;
              }}
            />
            <button type="button" class="button" onClick={add} disabled={!added.value}>
              <Icon name="plus" size={18} /> {gettext('Add')}
            </button>
          </div>
        )}
      </Field>
      <ul class="region-list">
        {dates.map((date) => (
          <li key={date} class="region">
            {date}
            <button
              type="button"
              aria-label={gettext('Remove {name}', { name: date })}
              onClick={() => onChange(dates.filter((one) => one !== date))}
            >
              <Icon name="close" size={14} />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function zones(current: string): string[] {
  try {
    return [...new Set([current, ...Intl.supportedValuesOf('timeZone')])];
  } catch {
    return [current];
  }
}

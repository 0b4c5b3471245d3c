import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { HolidayCountries, HolidayList } from '../../../widget/src/shared/contracts.gen';
import { errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext, ngettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { Icon } from '../ui/icons';
import { Field } from '../ui/pieces';
import { nameOf } from '../ui/time';
import { say } from '../ui/toasts';
import { SpanFields } from './HoursEditor';
import { type HoursForm, type HoursProblem, nextSpan, type SpecialDate, withHolidays } from './hours';

interface Props {
  dates: readonly SpecialDate[];
  problems: Readonly<Record<number, HoursProblem>>;
  /** Where the holidays are most likely looked for. */
  country: string;
  onChange: (part: Partial<HoursForm>) => void;
}

/** Dates with other hours than their weekday's, and the public holidays of a country to begin with. */
export function SpecialDates({ dates, problems, country, onChange }: Props) {
  const change = (at: number, after: SpecialDate | null) =>
    onChange({ dates: dates.flatMap((one, place) => (place === at ? (after ? [after] : []) : [one])) });
  return (
    <section class="panel">
      <h2>{gettext('Holidays and other dates')}</h2>
      <p class="muted">
        {gettext('On these dates the hours below count instead of the usual week: closed, or other hours.')}
      </p>
      <Holidays dates={dates} country={country} onChange={onChange} />
      {dates.length > 0 && (
        <ul class="dates">
          {dates.map((one, at) => (
            <DateRow key={at} one={one} problem={problems[at]} onChange={(after) => change(at, after)} />
          ))}
        </ul>
      )}
      <div>
        <button
          type="button"
          class="button"
          onClick={() => onChange({ dates: [...dates, { date: '', name: '', open: [] }] })}
        >
          <Icon name="plus" size={18} /> {gettext('Add a date')}
        </button>
      </div>
    </section>
  );
}

function DateRow(props: {
  one: SpecialDate;
  problem: HoursProblem | undefined;
  onChange: (after: SpecialDate | null) => void;
}) {
  const { one, problem, onChange } = props;
  const name = one.name || one.date || gettext('New date');
  const more = one.open.length ? gettext('More hours') : gettext('Other hours');
  return (
    <li class="date">
      <input
        class="input date-day"
        type="date"
        required
        aria-label={gettext('{name}: date', { name })}
        aria-invalid={problem === 'no_date' || problem === 'same_date'}
        value={one.date}
        onInput={(event) => onChange({ ...one, date: event.currentTarget.value })}
      />
      <input
        class="input date-name"
        maxLength={120}
        placeholder={gettext('Occasion')}
        aria-label={gettext('{name}: occasion', { name })}
        value={one.name}
        onInput={(event) => onChange({ ...one, name: event.currentTarget.value })}
      />
      <button
        type="button"
        class="icon-button"
        aria-label={gettext('Remove {name}', { name })}
        onClick={() => onChange(null)}
      >
        <Icon name="bin" size={18} />
      </button>
      <div class="date-hours">
        {one.open.length === 0 && <span class="chip">{gettext('Not open')}</span>}
        {one.open.map((span, at) => (
          <SpanFields
            key={at}
            name={name}
            span={span}
            onChange={(after) =>
              onChange({
                ...one,
                open: one.open.flatMap((each, place) => (place === at ? (after ? [after] : []) : [each])),
              })
            }
          />
        ))}
        <button
          type="button"
          class="button button-quiet button-small"
          aria-label={`${name}: ${more}`}
          onClick={() => onChange({ ...one, open: [...one.open, nextSpan(one.open.at(-1))] })}
        >
          <Icon name="plus" size={16} /> {more}
        </button>
      </div>
      {problem && (
        <p class="field-error" role="alert">
          <Icon name="warn" size={16} /> {hoursProblemText(problem)}
        </p>
      )}
    </li>
  );
}

function Holidays({ dates, country, onChange }: Omit<Props, 'problems'>) {
  const { api } = useApp();
  const countries = useSignal<readonly string[]>([]);
  const chosen = useSignal(country);
  const busy = useSignal(false);
  const failure = useSignal<string | null>(null);
  useEffect(() => {
    api.call('GET', '/holidays').then(
      (found) => {
        countries.value = (found as HolidayCountries).countries;
      },
      () => {
        // The country of the site can be asked for all the same.
      },
    );
  }, []);
  async function load(): Promise<void> {
    busy.value = true;
    failure.value = null;
    try {
      const found = (await api.call('GET', `/holidays/${chosen.value}`)) as HolidayList;
      const all = withHolidays(dates, found.holidays);
      const added = all.length - dates.length;
      onChange({ dates: all });
      say(
        added
          ? ngettext('{n} date was added. Save to use it.', '{n} dates were added. Save to use them.', added)
          : gettext('All of these holidays are in the list already.'),
      );
    } catch (thrown) {
      const error = toAskError(thrown);
      failure.value =
        error.code === 'not_found' ? gettext('No holidays are known for this country.') : errorText(error);
    }
    busy.value = false;
  }
  const named = [...new Set([country, ...countries.value])]
    .map((code) => ({ code, name: nameOf('region', code) }))
    .sort((a, b) => a.name.localeCompare(b.name));
  return (
    <Field
      label={gettext('Public holidays')}
      hint={gettext(
        'Those of this year and the next are added to the list; change or remove what does not fit.',
      )}
      error={failure.value}
    >
      {({ id, describedBy, invalid }) => (
        <div class="with-button">
          <select
            id={id}
            class="select"
            aria-describedby={describedBy}
            aria-invalid={invalid}
            value={chosen.value}
            onChange={(event) => {
              chosen.value = event.currentTarget.value;
            }}
          >
            {named.map(({ code, name }) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </select>
          <button type="button" class="button" disabled={busy.value} onClick={() => void load()}>
            {busy.value ? gettext('One moment…') : gettext('Add holidays')}
          </button>
        </div>
      )}
    </Field>
  );
}

export function hoursProblemText(problem: HoursProblem): string {
  switch (problem) {
    case 'times':
      return gettext('Every line needs a beginning and an end.');
    case 'no_date':
      return gettext('Choose the date.');
    case 'same_date':
      return gettext('This date is in the list already.');
    case 'never':
      return gettext('The site would never open. Add hours to a day.');
  }
}

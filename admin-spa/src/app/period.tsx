// A range of local days, and the fields to choose it.
import { type Signal, signal } from '@preact/signals';
import { gettext, ngettext } from '../../../widget/src/shared/gettext';
import { Field } from '../ui/pieces';

export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
  readonly timeZone: string;
}

export interface Range {
  /** Local days, 2026-11-22, both included. */
  readonly from: string;
  readonly to: string;
}

const DAY_MS = 86_400_000;
/** The server reads no more at once. */
const MAX_DAYS = 400;
const PRESETS = [7, 30, 90] as const;

/** The last days up to and with today. */
export function lastDays(howmany: number, nowMs: number): Range {
  const now = new Date(nowMs);
  const first = new Date(now.getFullYear(), now.getMonth(), now.getDate() - howmany + 1);
  return { from: dayText(first), to: dayText(now) };
}

/** From the first moment of the first day until the day after the last one; null when that is no range we can ask for. */
export function periodOf({ from, to }: Range, timeZone: string): Period | null {
  const [first, last] = [parse(from), parse(to)];
  if (!first || !last || first > last) return null;
  const end = new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1);
  if (end.getTime() - first.getTime() > MAX_DAYS * DAY_MS) return null;
  return { fromMs: first.getTime(), toMs: end.getTime(), timeZone };
}

function parse(day: string): Date | null {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day) ?? [];
  return year ? new Date(Number(year), Number(month) - 1, Number(date)) : null;
}

export function dayText(date: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** One choice for all screens with numbers. */
export const chosenRange = signal<Range>(lastDays(30, Date.now()));

export function PeriodFields({ range, nowMs }: { range: Signal<Range>; nowMs: number }) {
  const wrong = periodOf(range.value, 'UTC') === null;
  const day = (field: keyof Range, label: string) => (
    <Field
      label={label}
      error={
        wrong && field === 'to' ? gettext('Choose a beginning before the end, at most 400 days apart.') : null
      }
    >
      {({ id, describedBy, invalid }) => (
        <input
          id={id}
          type="date"
          class="input"
          max={dayText(new Date(nowMs))}
          aria-describedby={describedBy}
          aria-invalid={invalid}
          value={range.value[field]}
          onInput={(event) => {
            range.value = { ...range.value, [field]: event.currentTarget.value };
          }}
        />
      )}
    </Field>
  );
  return (
    <div class="period">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would say the legend before every button */}
      <div class="segments" role="group" aria-label={gettext('Period')}>
        {PRESETS.map((days) => {
          const preset = lastDays(days, nowMs);
          const on = preset.from === range.value.from && preset.to === range.value.to;
          return (
            <button
              type="button"
              key={days}
              aria-pressed={on}
              onClick={() => {
                range.value = preset;
              }}
            >
              {ngettext('{n} day', '{n} days', days)}
            </button>
          );
        })}
      </div>
      {day('from', gettext('From'))}
      {day('to', gettext('To'))}
    </div>
  );
}

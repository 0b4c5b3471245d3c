import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { HoursPreview as Preview } from '../../../widget/src/shared/contracts.gen';
import { errorText, toAskError } from '../../../widget/src/shared/errors';
import { currentLocale, gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { Icon } from '../ui/icons';
import { Skeleton } from '../ui/pieces';
import { fromHoursForm, type HoursForm } from './hours';

const WAIT_MS = 350;
const MINUTE_MS = 60_000;
const DAY_MIN = 1440;

/** What the hours on the screen mean, as the server reads them: open now or not, and the coming two weeks. */
export function HoursPreview({ siteId, form }: { siteId: string; form: HoursForm }) {
  const { api } = useApp();
  const shown = useSignal<Preview | null>(null);
  const failure = useSignal<string | null>(null);
  const read = fromHoursForm(form);
  const asked = 'hours' in read ? JSON.stringify(read.hours) : null;
  useEffect(() => {
    if (asked === null) return;
    let isOver = false;
    const timer = setTimeout(
      () =>
        api
          .call('POST', `/sites/${encodeURIComponent(siteId)}/hours/preview`, { hours: JSON.parse(asked) })
          .then(
            (found) => {
              if (isOver) return;
              shown.value = found as Preview;
              failure.value = null;
            },
            (thrown) => {
              if (!isOver) failure.value = errorText(toAskError(thrown));
            },
          ),
      shown.value ? WAIT_MS : 0,
    );
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [siteId, asked]);

  const preview = shown.value;
  if (!preview) {
    return (
      <section class="panel">
        <h2>{gettext('The coming two weeks')}</h2>
        {failure.value ? <Failed text={failure.value} /> : <Skeleton rows={3} />}
      </section>
    );
  }
  return (
    <section class="panel" aria-busy={asked === null}>
      <h2>{gettext('The coming two weeks')}</h2>
      <p class={preview.openNow ? 'chip chip-done open-now' : 'chip chip-missed open-now'} role="status">
        {standing(preview, form.timeZone)}
      </p>
      {failure.value && <Failed text={failure.value} />}
      {preview.days.length > 0 && (
        <ol class="days-ahead">
          {preview.days.map((day) => (
            <DayAhead key={day.date} day={day} timeZone={form.timeZone} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Failed({ text }: { text: string }) {
  return (
    <p class="field-error" role="alert">
      <Icon name="warn" size={16} /> {text}
    </p>
  );
}

function DayAhead({ day, timeZone }: { day: Preview['days'][number]; timeZone: string }) {
  const { date, open, special, name } = day;
  const label = new Intl.DateTimeFormat(currentLocale(), {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  }).format(Date.parse(date));
  const times = open.map(({ fromAtMs, toAtMs }) => `${clock(fromAtMs, timeZone)}–${clock(toAtMs, timeZone)}`);
  return (
    <li class={special ? 'day-ahead day-special' : 'day-ahead'}>
      <span class="day-date">{label}</span>
      <svg class="day-bar" viewBox={`0 0 ${DAY_MIN} 10`} preserveAspectRatio="none" aria-hidden="true">
        {open.map(({ fromAtMs, toAtMs }) => {
          const x = minuteOf(fromAtMs, timeZone);
          const width = Math.min((toAtMs - fromAtMs) / MINUTE_MS, DAY_MIN - x);
          return <rect key={fromAtMs} x={x} width={Math.max(width, 0)} height="10" />;
        })}
      </svg>
      <span class="day-times">
        {times.length ? times.join(', ') : gettext('Not open')}
        {name && <small>{name}</small>}
      </span>
    </li>
  );
}

function standing({ openNow, opensAtMs, closesAtMs }: Preview, timeZone: string): string {
  if (openNow && closesAtMs === null) return gettext('Open now');
  if (openNow && closesAtMs !== null)
    return gettext('Open now, until {time}', { time: when(closesAtMs, timeZone) });
  if (opensAtMs === null) return gettext('Closed, and does not open again');
  return gettext('Closed now, opens {time}', { time: when(opensAtMs, timeZone) });
}

/** The zone is one of the browser's own, or the server's; a browser that does not know it shows its own clock. */
function format(options: Intl.DateTimeFormatOptions, timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(currentLocale(), { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat(currentLocale(), options);
  }
}

const clock = (atMs: number, timeZone: string): string =>
  format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, timeZone).format(atMs);

const when = (atMs: number, timeZone: string): string =>
  format(
    { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
    timeZone,
  ).format(atMs);

function minuteOf(atMs: number, timeZone: string): number {
  const [hour = 0, minute = 0] = clock(atMs, timeZone).split(/\D+/).map(Number);
  return hour * 60 + minute;
}

// Small charts of our own: drawn as SVG for the eye, and as a table for everybody; nothing is only in a colour.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { currentLocale, gettext } from '../../../widget/src/shared/gettext';

export interface Bar {
  readonly id: string;
  readonly label: string;
  readonly value: number;
}

export function numberText(value: number): string {
  return new Intl.NumberFormat(currentLocale()).format(value);
}

export function shareText(part: number, whole: number): string {
  if (whole === 0) return '—';
  const format = new Intl.NumberFormat(currentLocale(), { style: 'percent', maximumFractionDigits: 0 });
  return format.format(part / whole);
}

/** A chart with its table beside it, one at a time. */
function ChartOrTable(props: { name: string; chart: ComponentChildren; table: ComponentChildren }) {
  const asTable = useSignal(false);
  return (
    <figure class="chart">
      <figcaption>
        <span>{props.name}</span>
        <button
          type="button"
          class="button button-small button-quiet"
          aria-pressed={asTable.value}
          onClick={() => {
            asTable.value = !asTable.value;
          }}
        >
          {gettext('As a table')}
        </button>
      </figcaption>
      {asTable.value ? props.table : props.chart}
    </figure>
  );
}

/** Horizontal bars; each says its number and its share of `whole`. */
export function Bars(props: { name: string; bars: readonly Bar[]; whole: number; unit: string }) {
  const { name, bars, whole, unit } = props;
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  const chart = (
    <ul class="bars">
      {bars.map((bar) => (
        <li key={bar.id}>
          <span class="bar-label" dir="auto">
            {bar.label}
          </span>
          <span class="bar-value">
            <b>{numberText(bar.value)}</b> <span class="muted">{shareText(bar.value, whole)}</span>
          </span>
          <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
            <rect class="bar-track" width="100" height="8" />
            <rect class="bar-fill" width={(bar.value / most) * 100} height="8" />
          </svg>
        </li>
      ))}
    </ul>
  );
  const table = (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">{gettext('Answer')}</th>
          <th scope="col" class="number">
            {unit}
          </th>
          <th scope="col" class="number">
            {gettext('Share')}
          </th>
        </tr>
      </thead>
      <tbody>
        {bars.map((bar) => (
          <tr key={bar.id}>
            <th scope="row" dir="auto">
              {bar.label}
            </th>
            <td class="number">{numberText(bar.value)}</td>
            <td class="number">{shareText(bar.value, whole)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
  return <ChartOrTable name={name} chart={chart} table={table} />;
}

const WIDTH = 720;
const HEIGHT = 180;

/** One number a day, as columns. `days` are local days, 2026-11-22. */
export function Trend(props: {
  name: string;
  days: readonly string[];
  values: readonly number[];
  unit: string;
}) {
  const { name, days, values, unit } = props;
  const most = niceTop(Math.max(0, ...values));
  const step = WIDTH / Math.max(1, days.length);
  const labelled = Math.max(1, Math.ceil(days.length / 8));
  const total = values.reduce((sum, one) => sum + one, 0);
  const spoken = gettext('{name}: {total} in all, at most {most} a day', {
    name,
    total: numberText(total),
    most: numberText(Math.max(0, ...values)),
  });
  const chart = (
    <svg class="trend" viewBox={`-36 -8 ${WIDTH + 44} ${HEIGHT + 34}`} role="img" aria-label={spoken}>
      {[0, 0.5, 1].map((part) => (
        <g key={part}>
          <line class="trend-line" x1="0" x2={WIDTH} y1={HEIGHT * (1 - part)} y2={HEIGHT * (1 - part)} />
          <text class="trend-text" x="-8" y={HEIGHT * (1 - part) + 4} text-anchor="end">
            {numberText(most * part)}
          </text>
        </g>
      ))}
      {values.map((value, at) => (
        <rect
          key={days[at]}
          class="trend-bar"
          x={at * step + step * 0.15}
          width={step * 0.7}
          y={HEIGHT - (value / most) * HEIGHT}
          height={(value / most) * HEIGHT}
          rx="2"
        >
          <title>{`${dayLabel(days[at] ?? '')}: ${numberText(value)}`}</title>
        </rect>
      ))}
      {days.map((day, at) =>
        at % labelled === 0 ? (
          <text key={day} class="trend-text" x={at * step + step / 2} y={HEIGHT + 20} text-anchor="middle">
            {dayLabel(day)}
          </text>
        ) : null,
      )}
    </svg>
  );
  const table = (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keys
    <section class="chart-table" tabIndex={0} aria-label={name}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{gettext('Day')}</th>
            <th scope="col" class="number">
              {unit}
            </th>
          </tr>
        </thead>
        <tbody>
          {days.map((day, at) => (
            <tr key={day}>
              <th scope="row">{dayLabel(day)}</th>
              <td class="number">{numberText(values[at] ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
  return <ChartOrTable name={name} chart={chart} table={table} />;
}

/** The top of a scale: even, so that its half is a whole number too. */
export function niceTop(most: number): number {
  if (most <= 2) return 2;
  const power = 10 ** Math.floor(Math.log10(most));
  const factor = [1, 2, 4, 6, 8, 10].find((one) => one * power >= most) ?? 10;
  const top = factor * power;
  return top % 2 === 0 ? top : top + 1;
}

function dayLabel(day: string): string {
  const options: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', timeZone: 'UTC' };
  return new Intl.DateTimeFormat(currentLocale(), options).format(new Date(`${day}T00:00:00Z`));
}

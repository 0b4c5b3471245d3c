// Times and lengths that only the console needs; the rest is in the shared clock. Language: the one of the words in use.
import { dateFormat, timeText } from '../../../widget/src/shared/clock';
import { currentLocale } from '../../../widget/src/shared/gettext';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A key for the local calendar day, for comparing. */
export function dayKey(atMs: number): string {
  const date = new Date(atMs);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

/** A length as one short unit: "40 sec", "3 min", "2 hr", "5 days"; never negative. */
export function span(lengthMs: number): string {
  const ms = Math.max(0, lengthMs);
  const [value, unit] =
    ms < MINUTE_MS
      ? [ms / 1000, 'second']
      : ms < HOUR_MS
        ? [ms / MINUTE_MS, 'minute']
        : ms < DAY_MS
          ? [ms / HOUR_MS, 'hour']
          : [ms / DAY_MS, 'day'];
  const options: Intl.NumberFormatOptions = { style: 'unit', unit, unitDisplay: 'short' };
  return new Intl.NumberFormat(currentLocale(), options).format(Math.floor(value));
}

/** When something was, as shortly as a list needs: "14:05" today, "20 Nov" before. */
export function shortWhen(atMs: number, nowMs: number): string {
  if (dayKey(atMs) === dayKey(nowMs)) return timeText(atMs);
  return dateFormat({ day: 'numeric', month: 'short' }).format(atMs);
}

/** "20 Nov 2026, 14:05": exact, for a tooltip or a record. */
export function exactWhen(atMs: number): string {
  return dateFormat({ dateStyle: 'medium', timeStyle: 'short' }).format(atMs);
}

/** "2:07", "1:02:07" */
export function talkTime(lengthS: number): string {
  const hours = Math.floor(lengthS / 3600);
  const minutes = Math.floor((lengthS % 3600) / 60);
  const two = (n: number) => String(n).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(lengthS % 60)}` : `${minutes}:${two(lengthS % 60)}`;
}

/** The weekday and time on a clock in another zone, or null where the zone is unknown to this browser. */
export function timeIn(timeZone: string, nowMs: number): string | null {
  if (!timeZone) return null;
  try {
    const options: Intl.DateTimeFormatOptions = {
      hour: '2-digit',
      minute: '2-digit',
      weekday: 'short',
      timeZone,
    };
    return dateFormat(options).format(nowMs);
  } catch {
    return null;
  }
}

/** The current language's word for a language tag or a region; the code itself where there is none. */
export function nameOf(kind: 'language' | 'region', code: string): string {
  if (!code) return '';
  try {
    return new Intl.DisplayNames(currentLocale(), { type: kind }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** Weekday names from Monday on. */
export function weekdays(style: 'long' | 'short' = 'long'): string[] {
  const format = dateFormat({ weekday: style, timeZone: 'UTC' });
  return Array.from({ length: 7 }, (_, day) => format.format(Date.UTC(2024, 0, 1 + day)));
}

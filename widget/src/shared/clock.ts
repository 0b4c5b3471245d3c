/** Times and durations as a person reads them, in the reader's language and time zone. */
import { currentLocale, gettext, ngettext } from './gettext';

/** Milliseconds since the Unix epoch. */
export type Now = () => number;

const formats: Record<string, Intl.DateTimeFormat> = {};

/** Times in the current language. Each is made once: that takes a thousand times as long as to use it, and every
 * message of a long chat shows one. */
export function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = currentLocale() + JSON.stringify(options);
  formats[key] ??= new Intl.DateTimeFormat(currentLocale(), options);
  return formats[key];
}

const format = (atMs: number, options: Intl.DateTimeFormatOptions): string =>
  dateFormat(options).format(atMs);

const dayNumber = (atMs: number): number => {
  const date = new Date(atMs);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
};

/** "14:05" */
export const timeText = (atMs: number): string => format(atMs, { hour: '2-digit', minute: '2-digit' });

/** "Today", "Yesterday", "Tomorrow", else "Mon, 23 Nov". */
export function dayText(atMs: number, nowMs: number): string {
  const days = dayNumber(atMs) - dayNumber(nowMs);
  if (days === 0) return gettext('Today');
  if (days === -1) return gettext('Yesterday');
  if (days === 1) return gettext('Tomorrow');
  return format(atMs, { weekday: 'short', day: 'numeric', month: 'short' });
}

/** "14:05" when it is today, else "Tomorrow, 14:05" or "Mon, 23 Nov, 14:05". */
export function whenText(atMs: number, nowMs: number): string {
  const time = timeText(atMs);
  return dayNumber(atMs) === dayNumber(nowMs) ? time : `${dayText(atMs, nowMs)}, ${time}`;
}

/** As `whenText`, with the name of the reader's zone where the clocks are not those of `offsetMin` ahead of UTC. */
export function whenThereText(atMs: number, nowMs: number, offsetMin: number | null): string {
  const text = whenText(atMs, nowMs);
  if (offsetMin === null || new Date(atMs).getTimezoneOffset() === -offsetMin) return text;
  const clock = dateFormat({ timeZoneName: 'short' });
  return `${text} ${clock.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value}`;
}

/** "45 seconds", "3 minutes"; whole minutes from 90 seconds on, never below one second. */
export function durationText(seconds: number): string {
  if (seconds < 90) return ngettext('{n} second', '{n} seconds', Math.max(1, Math.round(seconds)));
  return ngettext('{n} minute', '{n} minutes', Math.round(seconds / 60));
}

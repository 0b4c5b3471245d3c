// Opening hours as a form: what a person types, what is wrong with it, and the settings it stands for. Pure.
import type { CallingSettings, SpecialDay } from '../../../widget/src/shared/contracts.gen';

type Hours = CallingSettings['hours'];

export interface Span {
  readonly from: string;
  /** As a time field gives it: midnight is 00:00. */
  readonly to: string;
}

export interface Interval extends Span {
  readonly day: number;
}

/** A date with hours of its own; no intervals means closed. */
export interface SpecialDate {
  readonly date: string;
  readonly name: string;
  readonly open: readonly Span[];
}

export interface HoursForm {
  readonly alwaysOpen: boolean;
  readonly timeZone: string;
  readonly weekly: readonly Interval[];
  readonly dates: readonly SpecialDate[];
  readonly offHours: CallingSettings['offHours'];
}

export type HoursProblem = 'times' | 'no_date' | 'same_date' | 'never';
export interface HoursProblems {
  readonly weekly?: HoursProblem;
  /** By the place in `dates`. */
  readonly dates: Readonly<Record<number, HoursProblem>>;
}

export const MAX_DATES = 400;
const LAST_HOUR = 23;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

const typed = ({ from, to }: Span): Span => ({ from, to: to === '24:00' ? '00:00' : to });
const meant = ({ from, to }: Span): Span => ({ from, to: to === '00:00' ? '24:00' : to });
/** The same time twice is a slip, but from midnight to midnight. */
const isWrong = ({ from, to }: Span): boolean =>
  !TIME.test(from) || !TIME.test(to) || (from === to && from !== '00:00');
const byDate = (a: { date: string }, b: { date: string }): number => (a.date < b.date ? -1 : 1);

/** @param zone the zone that a site without hours starts with */
export function toHoursForm(settings: Pick<CallingSettings, 'hours' | 'offHours'>, zone: string): HoursForm {
  const { hours, offHours } = settings;
  const closed = (hours?.closedDates ?? []).map((date) => ({ date, name: '', open: [] }));
  const special = (hours?.exceptions ?? []).map(({ date, name = '', open }) => ({
    date,
    name,
    open: open.map(typed),
  }));
  const isClosed = new Set(closed.map(({ date }) => date));
  return {
    alwaysOpen: hours === null,
    timeZone: hours?.timeZone ?? zone,
    weekly: (hours?.weekly ?? workingWeek()).map((one) => ({ day: one.day, ...typed(one) })),
    dates: [...closed, ...special.filter(({ date }) => !isClosed.has(date))].sort(byDate),
    offHours,
  };
}

/** The hours a form stands for, or what is wrong with it. A nameless closed date is one of the plain `closedDates`. */
export function fromHoursForm(form: HoursForm): { hours: Hours } | { problems: HoursProblems } {
  if (form.alwaysOpen) return { hours: null };
  const dates: Record<number, HoursProblem> = {};
  const seen = new Set<string>();
  for (const [at, { date, open }] of form.dates.entries()) {
    if (!date) dates[at] = 'no_date';
    else if (seen.has(date)) dates[at] = 'same_date';
    else if (open.some(isWrong)) dates[at] = 'times';
    seen.add(date);
  }
  const never = form.weekly.length === 0 && form.dates.every(({ open }) => open.length === 0);
  const weekly = form.weekly.some(isWrong) ? 'times' : never ? 'never' : undefined;
  if (weekly || Object.keys(dates).length > 0) return { problems: { ...(weekly && { weekly }), dates } };
  const sorted = [...form.dates].sort(byDate);
  const isPlain = ({ name, open }: SpecialDate) => !name.trim() && open.length === 0;
  const exceptions: SpecialDay[] = sorted
    .filter((one) => !isPlain(one))
    .map(({ date, name, open }) => ({ date, name: name.trim(), open: open.map(meant) }));
  return {
    hours: {
      timeZone: form.timeZone,
      weekly: [...form.weekly]
        .sort((a, b) => a.day - b.day || (a.from < b.from ? -1 : 1))
        .map((one) => ({ day: one.day, ...meant(one) })),
      closedDates: sorted.filter(isPlain).map(({ date }) => date),
      exceptions,
    },
  };
}

/** A day's intervals with one more, an hour after the last one ends. */
export function addInterval(weekly: readonly Interval[], day: number): Interval[] {
  const last = weekly.filter((one) => one.day === day).at(-1);
  return [...weekly, { day, ...nextSpan(last) }];
}

export function nextSpan(last: Span | undefined): Span {
  if (!last) return { from: '09:00', to: '18:00' };
  const [hour = 0, minutes = ''] = [Number(last.to.slice(0, 2)) + 1, last.to.slice(3)];
  // Nothing sensible is left of such a day: whoever wants more says when.
  if (last.to <= last.from || hour >= LAST_HOUR) return { from: '', to: '' };
  return { from: `${String(hour).padStart(2, '0')}:${minutes}`, to: `${LAST_HOUR}:00` };
}

/** Give the hours of Monday to the other working days. */
export function likeMonday(weekly: readonly Interval[]): Interval[] {
  const monday = weekly.filter(({ day }) => day === 1);
  const rest = weekly.filter(({ day }) => day > 5);
  return [1, 2, 3, 4, 5].flatMap((day) => monday.map((one) => ({ ...one, day }))).concat(rest);
}

/** The dates with holidays added; a date that is there already keeps what a person has said about it. */
export function withHolidays(
  dates: readonly SpecialDate[],
  holidays: readonly { date: string; name: string }[],
): SpecialDate[] {
  const known = new Set(dates.map(({ date }) => date));
  const added = holidays.filter(({ date }) => !known.has(date)).map((one) => ({ ...one, open: [] }));
  return [...dates, ...added].sort(byDate).slice(0, MAX_DATES);
}

function workingWeek(): Interval[] {
  return [1, 2, 3, 4, 5].map((day) => ({ day, from: '09:00', to: '18:00' }));
}

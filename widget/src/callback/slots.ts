/** Times a call can be asked for, in the visitor's own time zone. */
import type { CallbackOffer } from '../shared/contracts.gen';
import type { Calls } from './model';

export interface SlotDay {
  /** Local midnight of the day. */
  dayAtMs: number;
  /** Times of that day. */
  slots: number[];
}

const HALF_HOUR_MS = 30 * 60_000;
const LEAD_MS = 15 * 60_000;
const WEEK_MS = 7 * 86_400_000;
const DAYS = 5;
/** Hours of the visitor's day in which a call is not a nuisance. */
const FROM_HOUR = 8;
const TO_HOUR = 21;

const midnight = (atMs: number): number => {
  const date = new Date(atMs);
  date.setHours(0, 0, 0, 0);
  return date.getTime();
};

/**
 * Return half hours of the coming days, by day: those of the visitor's daytime, or all where the site is open at night
 * only. The server judges again.
 *
 * @param offer when the site is open, as the server has told it; without `openings` it is open from `opensAtMs` on
 */
export function slotDays(
  nowMs: number,
  { opensAtMs, openings }: Pick<CallbackOffer, 'opensAtMs' | 'openings'>,
): SlotDay[] {
  const halfHour = (atMs: number) => Math.ceil(atMs / HALF_HOUR_MS) * HALF_HOUR_MS;
  const first = Math.max(nowMs + LEAD_MS, opensAtMs ?? 0);
  const all: number[] = [];
  for (const { fromAtMs, toAtMs } of openings ?? [{ fromAtMs: first, toAtMs: first + WEEK_MS }]) {
    for (let at = halfHour(Math.max(first, fromAtMs)); at <= toAtMs - LEAD_MS; at += HALF_HOUR_MS)
      all.push(at);
  }
  if (!all.length && opensAtMs) all.push(opensAtMs);
  const atDay = all.filter((at) => {
    const hour = new Date(at).getHours();
    return hour >= FROM_HOUR && hour < TO_HOUR;
  });
  const days: SlotDay[] = [];
  for (const at of atDay.length ? atDay : all) {
    const dayAtMs = midnight(at);
    const day = days.at(-1);
    if (day?.dayAtMs === dayAtMs) day.slots.push(at);
    else if (days.push({ dayAtMs, slots: [at] }) > DAYS) days.pop();
  }
  return days;
}

/** What the form offers now: times by day, none for a call as soon as possible, and the one that would be asked for. */
export function timesOf(calls: Calls, nowMs: number): { days: SlotDay[]; atMs: number | null } {
  const offer = calls.offer.value;
  const days = calls.wantsTime.value || !offer.offered ? slotDays(nowMs, offer) : [];
  const free = days.flatMap((day) => day.slots);
  return { days, atMs: free.find((at) => at === calls.chosenAtMs.value) ?? free[0] ?? null };
}

/** Times a call can be asked for, in the visitor's own time zone. */
export interface SlotDay {
  /** Local midnight of the day. */
  dayAtMs: number;
  /** Times of that day. */
  slots: number[];
}

const HALF_HOUR_MS = 30 * 60_000;
const LEAD_MS = 15 * 60_000;
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
 * Return half hours of the coming days, by day.
 *
 * The hours of the site are the server's to know: a time outside them is refused with `callback_time_invalid`.
 *
 * @param opensAtMs when the site opens next, null when it is open
 */
export function slotDays(nowMs: number, opensAtMs: number | null): SlotDay[] {
  const first = Math.ceil(Math.max(nowMs + LEAD_MS, opensAtMs ?? 0) / HALF_HOUR_MS) * HALF_HOUR_MS;
  const days: SlotDay[] = [];
  for (let at = first; ; at += HALF_HOUR_MS) {
    const hour = new Date(at).getHours();
    if (at !== opensAtMs && (hour < FROM_HOUR || hour >= TO_HOUR)) continue;
    const dayAtMs = midnight(at);
    const day = days.at(-1);
    if (day?.dayAtMs === dayAtMs) day.slots.push(at);
    else if (days.length < DAYS) days.push({ dayAtMs, slots: [at] });
    else return days;
  }
}

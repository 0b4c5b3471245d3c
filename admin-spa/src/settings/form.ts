// Calling settings as a form: what a person types, what is wrong with it, and the patch that says only what changed. Pure.
import type { CallingPatch, CallingSettings, Money } from '../../../widget/src/shared/contracts.gen';

export interface Interval {
  readonly day: number;
  readonly from: string;
  /** As a time field gives it: midnight is 00:00. */
  readonly to: string;
}

export interface CallingForm {
  readonly order: CallingSettings['order'];
  readonly offer: CallingSettings['offer'];
  readonly recording: CallingSettings['recording'];
  readonly visitorVoicemail: CallingSettings['visitorVoicemail'];
  readonly offerS: string;
  readonly acceptS: string;
  readonly visitorS: string;
  /** Seconds, separated by commas or spaces. */
  readonly retryDelaysS: string;
  readonly callableRegions: readonly string[];
  readonly dailyCap: string;
  readonly monthlyCap: string;
  readonly currency: string;
  readonly alwaysOpen: boolean;
  readonly timeZone: string;
  readonly weekly: readonly Interval[];
  readonly closedDates: readonly string[];
}

export type Problem =
  | { readonly kind: 'range'; readonly min: number; readonly max: number }
  | { readonly kind: 'delays' }
  | { readonly kind: 'amount' }
  | { readonly kind: 'hours' }
  | { readonly kind: 'regions' };
export type Problems = Partial<Record<keyof CallingForm, Problem>>;

export const RANGES = { offerS: [5, 600], acceptS: [2, 60], visitorS: [5, 600] } as const;
const MAX_DELAYS = 10;
const MAX_DELAY_S = 86_400;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

export function toForm(settings: CallingSettings, zone: string): CallingForm {
  const { hours, dailyCap, monthlyCap } = settings;
  const currency = dailyCap?.currency ?? monthlyCap?.currency ?? 'EUR';
  return {
    order: settings.order,
    offer: settings.offer,
    recording: settings.recording,
    visitorVoicemail: settings.visitorVoicemail,
    offerS: String(settings.offerS),
    acceptS: String(settings.acceptS),
    visitorS: String(settings.visitorS),
    retryDelaysS: settings.retryDelaysS.join(', '),
    callableRegions: [...settings.callableRegions],
    dailyCap: amountText(dailyCap),
    monthlyCap: amountText(monthlyCap),
    currency,
    alwaysOpen: hours === null,
    timeZone: hours?.timeZone ?? zone,
    weekly: (hours?.weekly ?? workingWeek()).map(({ day, from, to }) => ({
      day,
      from,
      to: to === '24:00' ? '00:00' : to,
    })),
    closedDates: [...(hours?.closedDates ?? [])],
  };
}

/** The settings a form stands for, or what is wrong with it. */
export function fromForm(form: CallingForm): { settings: CallingSettings } | { problems: Problems } {
  const problems: Problems = {};
  const whole = (field: 'offerS' | 'acceptS' | 'visitorS'): number => {
    const [min, max] = RANGES[field];
    const value = Number(form[field].trim());
    if (!form[field].trim() || !Number.isInteger(value) || value < min || value > max) {
      problems[field] = { kind: 'range', min, max };
    }
    return value;
  };
  const money = (field: 'dailyCap' | 'monthlyCap'): Money | null => {
    const amount = parseAmount(form[field], form.currency);
    if (amount === 'wrong') problems[field] = { kind: 'amount' };
    return amount === null || amount === 'wrong' ? null : amount;
  };
  const delays = parseDelays(form.retryDelaysS);
  if (delays === null) problems.retryDelaysS = { kind: 'delays' };
  if (form.callableRegions.length === 0) problems.callableRegions = { kind: 'regions' };
  const badHours = form.weekly.some(({ from, to }) => !TIME.test(from) || !TIME.test(to));
  if (!form.alwaysOpen && badHours) problems.weekly = { kind: 'hours' };
  const settings: CallingSettings = {
    order: form.order,
    offer: form.offer,
    recording: form.recording,
    visitorVoicemail: form.visitorVoicemail,
    offerS: whole('offerS'),
    acceptS: whole('acceptS'),
    visitorS: whole('visitorS'),
    retryDelaysS: delays ?? [],
    callableRegions: [...form.callableRegions],
    dailyCap: money('dailyCap'),
    monthlyCap: money('monthlyCap'),
    hours: form.alwaysOpen ? null : hoursOf(form),
  };
  return Object.keys(problems).length > 0 ? { problems } : { settings };
}

/** Only the parts that differ. */
export function changes(before: CallingSettings, after: CallingSettings): CallingPatch {
  const changed = Object.entries(after).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof CallingSettings]),
  );
  return Object.fromEntries(changed) as CallingPatch;
}

/** Seconds from "60, 300"; an empty text is no further round; null for anything else. */
export function parseDelays(text: string): number[] | null {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  const values = parts.map(Number);
  const fine = values.every((one) => Number.isInteger(one) && one >= 1 && one <= MAX_DELAY_S);
  return fine && values.length <= MAX_DELAYS ? values : null;
}

/** "12.50" or "12,50" as minor units of a currency; null when empty. */
export function parseAmount(text: string, currency: string): Money | null | 'wrong' {
  const plain = text.trim().replace(/\s/g, '').replace(',', '.');
  if (!plain) return null;
  const digits = minorDigits(currency);
  const found = /^(\d{1,9})(?:\.(\d+))?$/.exec(plain);
  const [, units = '', fraction = ''] = found ?? [];
  if (!found || fraction.length > digits) return 'wrong';
  return { amountMinor: Number(units + fraction.padEnd(digits, '0')), currency };
}

export function amountText(money: Money | null): string {
  if (!money) return '';
  const digits = minorDigits(money.currency);
  return (money.amountMinor / 10 ** digits).toFixed(digits);
}

/** A day's intervals with one more, starting where the last one ends. */
export function addInterval(weekly: readonly Interval[], day: number): Interval[] {
  const last = weekly.filter((one) => one.day === day).at(-1);
  const added = last ? { day, from: last.to, to: '23:00' } : { day, from: '09:00', to: '18:00' };
  return [...weekly, added];
}

function hoursOf(form: CallingForm): CallingSettings['hours'] {
  const weekly = [...form.weekly]
    .sort((a, b) => a.day - b.day || (a.from < b.from ? -1 : 1))
    .map(({ day, from, to }) => ({ day, from, to: to === '00:00' ? '24:00' : to }));
  const closedDates = [...new Set(form.closedDates.filter(Boolean))].sort();
  return { timeZone: form.timeZone, weekly, closedDates };
}

function workingWeek(): Interval[] {
  return [1, 2, 3, 4, 5].map((day) => ({ day, from: '09:00', to: '18:00' }));
}

function minorDigits(currency: string): number {
  try {
    const options = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
    return options.maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

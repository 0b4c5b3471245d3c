// Calling settings as a form: what a person types, what is wrong with it, and the patch that says only what changed. Pure.
import type { CallingPatch, CallingSettings, Money } from '../../../widget/src/shared/contracts.gen';

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
}

/** What this form is about; the hours have a page of their own. */
export type CallingRules = Omit<CallingSettings, 'hours' | 'offHours' | 'version'>;

export type Problem =
  | { readonly kind: 'range'; readonly min: number; readonly max: number }
  | { readonly kind: 'delays' }
  | { readonly kind: 'amount' }
  | { readonly kind: 'regions' };
export type Problems = Partial<Record<keyof CallingForm, Problem>>;

export const RANGES = { offerS: [5, 600], acceptS: [2, 60], visitorS: [5, 600] } as const;
const MAX_DELAYS = 10;
const MAX_DELAY_S = 86_400;

export function toForm(settings: CallingRules): CallingForm {
  const { dailyCap, monthlyCap } = settings;
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
  };
}

/** The settings a form stands for, or what is wrong with it. */
export function fromForm(form: CallingForm): { settings: CallingRules } | { problems: Problems } {
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
  const settings: CallingRules = {
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
  };
  return Object.keys(problems).length > 0 ? { problems } : { settings };
}

/** Only the parts that differ. */
export function changes(before: CallingRules, after: CallingRules): CallingPatch {
  const changed = Object.entries(after).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof CallingRules]),
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

function minorDigits(currency: string): number {
  try {
    const options = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
    return options.maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

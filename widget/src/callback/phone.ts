/**
 * The phone field: which country it starts with, and which one a typed or pasted number belongs to. The server reads
 * the number for real; here none is refused.
 */
import type { Signal } from '@preact/signals-core';
import type { Session } from '../app';
import type { PhoneCountry } from '../shared/contracts.gen';

export interface Surroundings {
  /** IANA name, "" when unknown. */
  timeZone: string;
  /** BCP 47 tags of the browser, best first. */
  languages: readonly string[];
  /** The site's own country. */
  country: string;
}

type LocaleWithZones = Intl.Locale & { timeZones?: string[]; getTimeZones?(): string[] };

function zonesOf(region: string): readonly string[] {
  try {
    const locale = new Intl.Locale(`und-${region}`) as LocaleWithZones;
    return locale.getTimeZones?.() ?? locale.timeZones ?? [];
  } catch {
    return [];
  }
}

/**
 * Return the region the field starts with: the country of the time zone, else the one a language tag names, else the
 * site's. "en-US" names nobody's country, it is what most browsers of the world are delivered with.
 */
export function guessCountry(countries: readonly PhoneCountry[], around: Surroundings): string {
  const known = new Set(countries.map((c) => c.region));
  if (around.timeZone.includes('/')) {
    // A zone may be listed for several countries; the site's own comes first then.
    const home = countries.filter((c) => c.region === around.country);
    const byZone = [...home, ...countries].find((c) => zonesOf(c.region).includes(around.timeZone));
    if (byZone) return byZone.region;
  }
  for (const tag of around.languages) {
    const region = /^[a-z]{2,3}(?:-[A-Za-z]{4})?-([A-Z]{2})\b/.exec(tag)?.[1];
    if (region && tag !== 'en-US' && known.has(region)) return region;
  }
  return known.has(around.country) ? around.country : (countries[0]?.region ?? around.country);
}

/** Let the field of a form start with the visitor's country; the one that was chosen stays. */
export function startCountry({ region }: { region: Signal<string> }, { site, timeZone }: Session): void {
  const { countries, country } = site.value;
  region.value ||= guessCountry(countries, { timeZone, languages: navigator.languages, country });
}

/** Return the digits of an international number ("+373...", "00 373..."), or null for a national one. */
function international(typed: string): string | null {
  const rest = /^[(\s]*(?:tel:)?(?:\+|00)(.*)/i.exec(typed)?.[1];
  return rest === undefined ? null : rest.replace(/\D/g, '');
}

/**
 * Return the region a typed number belongs to: the longest calling code it starts with, of several countries with
 * that code the one chosen already. A national number stays with the chosen country.
 */
export function countryOf(typed: string, chosen: string, countries: readonly PhoneCountry[]): string {
  const digits = international(typed);
  if (!digits) return chosen;
  for (const length of [3, 2, 1]) {
    const same = countries.filter((c) => c.code.length === length && digits.startsWith(c.code));
    if (!same.length) continue;
    // +7 is Russia's and Kazakhstan's: the digit after it tells.
    const split = digits.startsWith('7') && /^7[67]/.test(digits) ? 'KZ' : 'RU';
    const bySplit = same.find((c) => c.code === '7' && c.region === split && digits.length > 1);
    return (bySplit ?? same.find((c) => c.region === chosen) ?? same[0])?.region ?? chosen;
  }
  return chosen;
}

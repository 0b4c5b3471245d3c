// Languages of the console. English is in the code; the others are chunks of their own, made from locales/*/admin.po.
import { type Catalog, isRtl, pickLocale, setCatalog } from '../../../widget/src/shared/gettext';

export const LOCALES = [
  { tag: 'en', name: 'English' },
  { tag: 'ru', name: 'Русский' },
  { tag: 'ro', name: 'Română' },
] as const;

const CATALOGS = import.meta.glob<{ default: Catalog }>('../locales/*.json');

/** Load a language and use it; where its words are missing the English ones stand in. */
export async function useLocale(tag: string): Promise<void> {
  let words: Catalog = {};
  try {
    words = (await CATALOGS[`../locales/${tag}.json`]?.())?.default ?? {};
  } catch {
    // The chunk could not be loaded: English is better than nothing.
  }
  // English read in a browser of "en-GB": its dates and times are British.
  setCatalog(navigator.languages.find((one) => one.startsWith(`${tag}-`)) ?? tag, words);
  document.documentElement.lang = tag;
  document.documentElement.dir = isRtl(tag) ? 'rtl' : 'ltr';
}

export function preferredLocale(): string {
  return pickLocale(
    navigator.languages,
    LOCALES.map((one) => one.tag),
    'en',
  );
}

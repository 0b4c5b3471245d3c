/** Fetches the words of the visitor's language. */
import { type Catalog, setCatalog } from './gettext';

const catalogs = import.meta.glob<Catalog>('../locales/*.json', { import: 'default' });

let loaded: Promise<void> | undefined;

/**
 * Words in `locale`, or English ones. Rejects when they cannot be fetched: the built code holds numbers, not sentences,
 * so without them there is nothing to say.
 */
export function loadWords(locale: string): Promise<void> {
  const load = catalogs[`../locales/${locale.split('-')[0]}.json`] ?? catalogs['../locales/en.json'];
  loaded ??= Promise.resolve(load?.()).then((words) => setCatalog(locale, words ?? {}));
  loaded.catch(() => {
    loaded = undefined;
  });
  return loaded;
}

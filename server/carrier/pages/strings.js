// Words of the page in three languages.
let catalog = {};
let language = 'en';

/** Load the words and choose a language: the one asked for, the one chosen before, the browser's, or English. */
export async function loadStrings(asked) {
  const answer = await fetch(new URL('./strings.json', import.meta.url));
  catalog = await answer.json();
  const wanted = [asked, remembered(), ...navigator.languages.map((each) => each.slice(0, 2))];
  language = wanted.find((each) => each in catalog) ?? 'en';
  return language;
}

export function useLanguage(chosen) {
  language = chosen;
  try {
    localStorage.setItem('handsets.language', chosen);
  } catch {
    // Storage may be denied; the choice then lasts as long as the page.
  }
}

/** Return the words for a key, with `{name}` filled in. */
export function t(key, values = {}) {
  const text = catalog[language]?.[key] ?? catalog.en?.[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

export const currentLanguage = () => language;

function remembered() {
  try {
    return localStorage.getItem('handsets.language');
  } catch {
    return null;
  }
}

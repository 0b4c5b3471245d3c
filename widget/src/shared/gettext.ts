/**
 * The words of a client: `gettext(sentence)` gives the sentence of the current language, or itself.
 *
 * A catalog is JSON: `{ "msgid": "translation", "msgid of a plural": ["form 0", "form 1", ...] }`; the key "" holds
 * the header of the generator and is never shown. The forms of a plural stand in the order of the CLDR categories
 * zero, one, two, few, many, other as far as whole numbers of the language use them: English [one, other], Russian
 * [one, few, many], Romanian [one, few, other]. That is also the order of gettext's nplurals for these languages.
 */
export { isRtl, pickLocale } from './locale';

export type Catalog = Record<string, unknown>;
export type Values = Record<string, string | number>;

const CATEGORIES = ['zero', 'one', 'two', 'few', 'many', 'other'];

let language = 'en';
let catalog: Catalog = {};
let rules = new Intl.PluralRules('en');
let order = ['one', 'other'];

/** Use the words of `tag` (BCP 47) from now on; what was drawn before has to be drawn again. */
export function setCatalog(tag: string, messages: Catalog): void {
  language = tag;
  catalog = messages;
  rules = new Intl.PluralRules(tag);
  const used = rules.resolvedOptions().pluralCategories;
  order = CATEGORIES.filter((category) => used.includes(category as Intl.LDMLPluralRule));
}

/** Add words that only a part loaded later uses. */
export const addWords = (more: Catalog): void => void Object.assign(catalog, more);

/** Return the BCP 47 tag of the words in use, for Intl. */
export const currentLocale = (): string => language;

/** Return the language of the words in use, without a region: "en". */
export const currentLanguage = (): string => language.split('-')[0] ?? language;

const fill = (text: string, values?: Values): string =>
  values ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) : text;

/** Mark a sentence that is looked up later, by gettext(): the catalogs hold it, the code keeps it as it is. */
export const N_ = (msgid: string): string => msgid;

/** Return the translation of `msgid` with `{name}` replaced by `values.name`. */
export function gettext(msgid: string, values?: Values): string {
  const text = catalog[msgid];
  return fill(typeof text === 'string' && text ? text : msgid, values);
}

/** Return the form for `n` things; `{n}` is the number, written as the language writes numbers. */
export function ngettext(one: string, many: string, n: number, values?: Values): string {
  const forms = catalog[one];
  const all = { n: n.toLocaleString(language), ...values };
  if (!Array.isArray(forms) || !forms.length) return fill(n === 1 ? one : many, all);
  const index = Math.min(Math.max(order.indexOf(rules.select(n)), 0), forms.length - 1);
  return fill(String(forms[index] || many), all);
}

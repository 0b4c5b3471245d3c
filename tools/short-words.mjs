/**
 * A Vite plugin for the widget's build: every sentence in gettext(), ngettext() or N_() becomes a number, and every
 * catalog a list in that order. English is a catalog like the others then, so only the reader's language is sent, once.
 *
 * Sentences that only `later` folders use make a second catalog, `locales/ru.json?more`, from number to sentence.
 *
 * A sentence without a translation stays English. Sources that are not built (tests) keep working with plain sentences.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LITERAL = String.raw`('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")`;
const CALL = new RegExp(String.raw`\bgettext\(\s*${LITERAL}`, 'g');
const MARK = new RegExp(String.raw`\bN_\(\s*${LITERAL}\s*,?\s*\)`, 'g');
const PLURAL = new RegExp(String.raw`\bngettext\(\s*${LITERAL}\s*,\s*${LITERAL}`, 'g');

const module = (value) => ({ code: `export default ${JSON.stringify(value)}`, moduleType: 'js' });

/** What the launcher is, in every language: the one word that is needed before any other. A module of its own. */
const LABELS = 'ringback:labels';
const LABEL = 'Chat and callback';

function labels(folder) {
  const names = readdirSync(join(folder, 'locales')).filter((name) => name.endsWith('.json'));
  return Object.fromEntries(
    names.map((name) => [
      name.slice(0, -5),
      JSON.parse(readFileSync(join(folder, 'locales', name), 'utf8'))[LABEL] || LABEL,
    ]),
  );
}

// The sources are ours: a string literal is evaluated to get its value.
const textOf = (literal) => new Function(`return ${literal}`)();

function sourcesOf(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesOf(path);
    return /\.tsx?$/.test(entry.name) && !/\.(staff|gen)\.ts$/.test(entry.name) ? [path] : [];
  });
}

/**
 * @param folder the sources
 * @param later names of folders in it that are loaded after the rest, and seldom
 */
export function shortWords(folder, later) {
  /** msgid -> [number, English plural or null] */
  const words = new Map();
  const note = (msgid, plural) => {
    if (!words.has(msgid)) words.set(msgid, [words.size, plural]);
  };
  const isLater = (path) => later.some((name) => path.startsWith(join(folder, name)));
  const sources = sourcesOf(folder);
  const read = (path) => {
    const code = readFileSync(path, 'utf8');
    for (const call of [CALL, MARK]) {
      for (const [, literal] of code.matchAll(call)) note(textOf(literal), null);
    }
    for (const [, one, many] of code.matchAll(PLURAL)) note(textOf(one), textOf(many));
  };
  for (const path of sources) if (!isLater(path)) read(path);
  const firstCount = words.size;
  for (const path of sources) if (isLater(path)) read(path);
  const numberOf = (literal) => words.get(textOf(literal))[0];

  return {
    name: 'short-words',
    enforce: 'pre',
    transform(code, id) {
      if (!/\.tsx?$/.test(id) || !id.startsWith(folder)) return null;
      return {
        code: code
          .replace(PLURAL, (_, one) => `ngettext(${numberOf(one)}, ''`)
          .replace(CALL, (_, literal) => `gettext(${numberOf(literal)}`)
          .replace(MARK, (_, literal) => String(numberOf(literal))),
        map: null,
      };
    },
    resolveId: (id) => (id === LABELS ? id : null),
    load(id) {
      if (id === LABELS) return module(labels(folder));
      const [path, query] = id.split('?');
      if (!path.startsWith(join(folder, 'locales')) || !path.endsWith('.json')) return null;
      const catalog = JSON.parse(readFileSync(path, 'utf8'));
      const list = [...words].map(
        ([msgid, [, plural]]) => catalog[msgid] || (plural ? [msgid, plural] : msgid),
      );
      const more = list.slice(firstCount).map((text, i) => [firstCount + i, text]);
      return query === 'more' ? module(Object.fromEntries(more)) : JSON.stringify(list.slice(0, firstCount));
    },
  };
}

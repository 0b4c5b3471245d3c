/**
 * A Vite plugin for the widget's build: every sentence in gettext(), ngettext() or N_() becomes a number, and every
 * catalog a list in that order. English is a catalog like the others then, so only the reader's language is sent, once.
 *
 * A sentence without a translation stays English. Sources that are not built (tests) keep working with plain sentences.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LITERAL = String.raw`('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")`;
const CALL = new RegExp(String.raw`\bgettext\(\s*${LITERAL}`, 'g');
const MARK = new RegExp(String.raw`\bN_\(\s*${LITERAL}\s*,?\s*\)`, 'g');
const PLURAL = new RegExp(String.raw`\bngettext\(\s*${LITERAL}\s*,\s*${LITERAL}`, 'g');

// The sources are ours: a string literal is evaluated to get its value.
const textOf = (literal) => new Function(`return ${literal}`)();

function sourcesOf(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesOf(path);
    return /\.tsx?$/.test(entry.name) && !/\.(staff|gen)\.ts$/.test(entry.name) ? [path] : [];
  });
}

export function shortWords(folder) {
  /** msgid -> [number, English plural or null] */
  const words = new Map();
  const note = (msgid, plural) => {
    if (!words.has(msgid)) words.set(msgid, [words.size, plural]);
  };
  for (const path of sourcesOf(folder)) {
    const code = readFileSync(path, 'utf8');
    for (const call of [CALL, MARK]) {
      for (const [, literal] of code.matchAll(call)) note(textOf(literal), null);
    }
    for (const [, one, many] of code.matchAll(PLURAL)) note(textOf(one), textOf(many));
  }
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
    load(id) {
      if (!id.startsWith(join(folder, 'locales')) || !id.endsWith('.json')) return null;
      const catalog = JSON.parse(readFileSync(id, 'utf8'));
      const list = [...words].map(
        ([msgid, [, plural]]) => catalog[msgid] || (plural ? [msgid, plural] : msgid),
      );
      return JSON.stringify(list);
    },
  };
}

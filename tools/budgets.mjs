/**
 * Holds the web build to its budgets: `node tools/budgets.mjs` after `node tools/build-web.mjs`. Bytes are those on
 * the wire, brotli 11. Prints one line per budget and fails when one is broken.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const widget = join(root, 'server/static/widget');
const consoleDir = join(root, 'server/static/console');

const wire = (path) => brotliCompressSync(readFileSync(path)).length;
const sum = (paths) => paths.reduce((total, path) => total + wire(path), 0);

if (!existsSync(join(widget, 'chunks.json'))) {
  console.error('Nothing is built yet: run `npm run build` first.');
  process.exit(1);
}

const chunks = JSON.parse(readFileSync(join(widget, 'chunks.json'), 'utf8'));
/** A chunk with everything it imports at once. */
function closure(names) {
  const found = new Set(names);
  for (const name of found)
    for (const next of chunks.find((c) => c.fileName === name)?.imports ?? []) found.add(next);
  return [...found].map((name) => join(widget, name));
}
const named = (name) => chunks.find((c) => c.name === name)?.fileName;

/** What the launcher is told of a site, as the examples of the contracts have it, in the server's JSON. */
const examples = JSON.parse(readFileSync(join(root, 'tests/contracts/examples/shapes.json'), 'utf8'));
const { value } = examples.find(({ shape, valid }) => shape === 'LauncherConfig' && valid);
const configuration = brotliCompressSync(JSON.stringify(value)).length;

const script = join(widget, 'widget.js');
const app = closure([named('app')]);

/** [name, bytes, goal, stop]; above the goal is said, above the stop fails. */
const lines = [
  // The launcher, the session with its socket, and the sensors: all that a page carries for every visitor.
  ['widget: before any click', wire(script) + configuration, 6000, 6000],
  // Of it, what only sites with rules need; measured alone.
  ['widget: sensors', chunks.find((c) => c.name === 'sensors').bytes, 2500, 2500],
  ['widget: open panel, with all before', sum([script, ...app]), 21_000, 22_500],
  // What a visitor carries who only writes: launcher, socket and panel.
  [
    'widget: open panel with its socket',
    sum([script, ...app]) - chunks.find((c) => c.name === 'sensors').bytes,
    18_000,
    20_000,
  ],
];
/** What is loaded only when it is wanted, on top of the panel's parts that it draws with. */
const later = [
  ['other tabs, and trouble', 'seldom', 1500],
  ['events of the page', 'events', 500],
  ['callback form', 'form', 3000],
  ['steps of a callback', 'Running', 2000],
  ['an invitation', 'Invitation', 2500],
  ['a survey', 'Survey', 5000],
  ['forms in the page', 'inline', 1000],
];
for (const [what, name, stop] of later) {
  const shown = new Set(app);
  const more = closure([named(name)]).filter((path) => !shown.has(path));
  lines.push([`widget: ${what}`, sum(more), stop, stop]);
}
for (const { name, fileName } of chunks.filter((c) => /^[a-z]{2}$/.test(c.name))) {
  const bytes = wire(join(widget, fileName));
  lines.push([`widget: words (${name}${bytes < 700 ? ', surveys' : ''})`, bytes, 2000, 2000]);
}

const index = join(consoleDir, 'index.html');
if (existsSync(index)) {
  // What the first view needs: the page, its scripts and styles, and what those import at once.
  const html = readFileSync(index, 'utf8');
  const first = [...html.matchAll(/(?:src|href)="\/console\/([^"]+\.(?:js|css))"/g)].map((m) => m[1]);
  const manifestPath = join(consoleDir, '.vite/manifest.json');
  const found = new Set(first);
  if (existsSync(manifestPath)) {
    const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
    const visit = (entry) => {
      found.add(entry.file);
      for (const css of entry.css ?? []) found.add(css);
      for (const next of entry.imports ?? []) visit(manifest[next]);
    };
    for (const entry of Object.values(manifest)) if (entry.isEntry) visit(entry);
  }
  const paths = [index, ...[...found].map((file) => join(consoleDir, file))];
  lines.push(['console: first view', sum(paths), 90_000, 90_000]);
}

let broken = 0;
for (const [name, bytes, goal, stop] of lines) {
  const verdict = bytes > stop ? 'TOO LARGE' : bytes > goal ? 'above its goal' : 'ok';
  if (bytes > stop) broken++;
  console.log(
    `${name.padEnd(38)} ${String(bytes).padStart(6)} B of ${goal}${stop > goal ? ` (stop at ${stop})` : ''}  ${verdict}`,
  );
}
const fallback = named('official');
if (fallback)
  console.log(
    `${'widget: fallback for no WebSocket'.padEnd(38)} ${String(wire(join(widget, fallback))).padStart(6)} B, loaded only there`,
  );
process.exit(broken ? 1 : 0);

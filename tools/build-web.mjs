/**
 * Builds the widget, the console and the page of its previews with Vite into server/static/{widget,console,preview}.
 *
 *   node tools/build-web.mjs [widget|console|preview]
 *
 * The widget: what is loaded only when it is wanted becomes chunks with content hashes; then loader.ts with the session
 * becomes the classic script widget.js (the server gives it a short life in caches) with the names of those chunks
 * written into it. The console: a page with hashed assets below /console/. Beside every text file stand its .br and .gz.
 */
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { minify } from 'terser';
import { build } from 'vite';
import { shortWords } from './short-words.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, 'server', 'static');

const version = /^version = "(.+)"$/m.exec(readFileSync(join(root, 'pyproject.toml'), 'utf8'))[1];

const common = {
  configFile: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
};

/** For what every page carries: terser's output is 2 % smaller on the wire than the bundler's own, and slow to make. */
const terserOptions = { ecma: 2022, toplevel: true, compress: { passes: 3 } };
const small = { minify: 'terser', terserOptions };

const target = ['es2022', 'chrome111', 'firefox114', 'safari16.4'];

/** The script names its chunks: short hashes, for their bytes. 36 bits are enough to tell builds apart. */
const hashed = {
  entryFileNames: '[name]-[hash:6].js',
  chunkFileNames: '[name]-[hash:6].js',
  assetFileNames: '[name]-[hash:6][extname]',
};

/** The widget's chunks need no preload links: import() stays the plain one, without Vite's wrapping. */
const plainImport = {
  name: 'plain-import',
  enforce: 'pre',
  load: (id) =>
    id.includes('vite/preload-helper') ? 'export const __vitePreload = (load) => load();' : null,
  renderChunk: (code) =>
    code
      .replace(
        /__vitePreload\(async \(\) => \{\s*const \{[^}]*\} = await (import\([^)]*\)(?:\.then\(.*\))?);\s*return \{[^}]*\};\s*\}, __VITE_PRELOAD__\)/g,
        '$1',
      )
      .replace(
        /__vitePreload\(\(\) => (import\([^)]*\)(?:\.then\(\(\w+\) => [^)]*\))?), __VITE_PRELOAD__\)/g,
        '$1',
      )
      .replace(/__vitePreload\(\(\) => (import\(.*\)), void 0\)/g, '$1'),
};

const sheets = [
  'shell/ui.css',
  'shell/panel.css',
  'callback/call.css',
  'callback/steps.css',
  'triggers/invitation.css',
  'survey/survey.css',
  'inline/inline.css',
];

/** The tokens are the console's too; the widget carries only those that its style sheets use. */
const usedTokens = {
  name: 'used-tokens',
  enforce: 'pre',
  load(id) {
    if (!id.includes('shared/tokens.css')) return null;
    const tokens = readFileSync(id.split('?')[0], 'utf8');
    const used = sheets.reduce(
      (all, path) => all + readFileSync(join(root, 'widget/src', path), 'utf8'),
      tokens,
    );
    return tokens.replace(/^ *(--[\w-]+):.*;\n/gm, (line, name) =>
      used.includes(`var(${name})`) ? line : '',
    );
  },
};

/**
 * Which modules share a chunk. What the app is made of stands in its chunk, and invitations, surveys and forms in the
 * page draw with it. What is left over goes where it is used.
 */
const groups = [
  { name: 'beside', test: /widget\/src\/(shell\/beside|shared\/claim)/, priority: 1 },
  {
    name: 'app',
    test: /widget\/src\/(app\.ts|chat\/|shell\/(?!carry)|callback\/model|session\/live|shared\/(clock|color|contracts\.gen|ends|errors\.visitor|failure|gettext|locale|public|receipts|signals|timeline|tokens|words))|preload-helper/,
  },
];

async function buildWidget() {
  const outDir = join(out, 'widget');
  // The small equals of what the sources import; the tests hold them to it.
  const alias = [
    { find: /^preact(\/jsx-runtime)?$/, replacement: join(root, 'widget/src/shell/draw.ts') },
    { find: '@preact/signals-core', replacement: join(root, 'widget/src/shared/signals.ts') },
  ];
  const base = {
    ...common,
    define: { __VERSION__: JSON.stringify(version) },
    root: join(root, 'widget'),
    publicDir: false,
    plugins: [
      plainImport,
      usedTokens,
      shortWords(join(root, 'widget/src'), ['triggers', 'survey', 'inline', 'shared/errors.survey']),
    ],
  };
  const result = await build({
    ...base,
    resolve: { alias },
    build: {
      target,
      outDir,
      emptyOutDir: true,
      // Chunks are found relative to each other; no preload links are written into the customer's page.
      modulePreload: false,
      rollupOptions: {
        input: {
          app: join(root, 'widget/src/app.ts'),
          seldom: join(root, 'widget/src/session/seldom.ts'),
          events: join(root, 'widget/src/triggers/events.ts'),
          official: join(root, 'widget/src/shared/socket.official.ts'),
        },
        output: {
          ...hashed,
          format: 'es',
          codeSplitting: { includeDependenciesRecursively: false, groups },
        },
        // What the app and the others share goes into its chunk.
        preserveEntrySignatures: 'allow-extension',
      },
    },
  });
  const entries = result.output.filter((chunk) => chunk.type === 'chunk' && chunk.isEntry);
  const names = Object.fromEntries(entries.map(({ name, fileName }) => [name, fileName]));
  await build({
    ...base,
    define: {
      ...base.define,
      ...Object.fromEntries(
        Object.entries(names).map(([name, file]) => [`__CHUNKS__.${name}`, JSON.stringify(file)]),
      ),
    },
    build: {
      ...small,
      target,
      outDir,
      emptyOutDir: false,
      modulePreload: false,
      rollupOptions: {
        input: join(root, 'widget/src/loader.ts'),
        checks: { pluginTimings: false },
        output: { format: 'iife', entryFileNames: 'widget.js' },
      },
    },
  });
  // In what it has written terser finds something to shorten once more.
  const script = join(outDir, 'widget.js');
  writeFileSync(script, (await minify(readFileSync(script, 'utf8'), terserOptions)).code);
  const chunks = result.output
    .filter((chunk) => chunk.type === 'chunk')
    .map(({ fileName, name, isEntry, imports, dynamicImports }) => ({
      fileName,
      name,
      isEntry,
      imports,
      dynamicImports,
    }));
  // The sensors are a part of widget.js. What they weigh is measured on their own, for their budget.
  const sensors = await build({
    ...base,
    build: {
      ...small,
      target,
      write: false,
      rollupOptions: {
        input: join(root, 'widget/src/triggers/sensors.ts'),
        checks: { pluginTimings: false },
        preserveEntrySignatures: 'strict',
        output: { format: 'es' },
      },
    },
  });
  chunks.push({ name: 'sensors', bytes: brotliCompressSync(sensors.output[0].code).length });
  writeFileSync(join(outDir, 'chunks.json'), JSON.stringify(chunks, null, 1));
}

async function buildConsole() {
  const source = join(root, 'admin-spa');
  if (!existsSync(join(source, 'index.html'))) {
    console.warn('admin-spa/index.html is missing: the console is not built.');
    return;
  }
  const publicDir = join(source, 'public');
  await build({
    ...common,
    root: source,
    base: '/console/',
    publicDir: existsSync(publicDir) ? publicDir : false,
    build: {
      target,
      outDir: join(out, 'console'),
      emptyOutDir: true,
      assetsInlineLimit: 0,
      manifest: true,
      modulePreload: { polyfill: false },
      rollupOptions: { input: join(source, 'index.html') },
    },
  });
}

/** The page in which the console shows the widget: plain files, and one script that comes before the widget's. */
async function buildPreview() {
  const source = join(root, 'widget/preview');
  const outDir = join(out, 'preview');
  await build({
    ...common,
    root: source,
    publicDir: false,
    build: {
      target,
      outDir,
      emptyOutDir: true,
      modulePreload: false,
      rollupOptions: {
        input: join(source, 'stage.ts'),
        output: { format: 'iife', entryFileNames: 'stage.js' },
      },
    },
  });
  for (const name of ['index.html', 'stage.css']) copyFileSync(join(source, name), join(outDir, name));
}

/** Write .br and .gz beside every text file below `folder`; the server and proxies send them as they are. */
function compress(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) compress(path);
    else if (/\.(js|css|html|json|svg|webmanifest|txt)$/.test(name)) {
      const bytes = readFileSync(path);
      const quality = {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      };
      writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: quality }));
      writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    }
  }
}

const parts = { widget: buildWidget, console: buildConsole, preview: buildPreview };
const asked = process.argv.slice(2);
for (const [name, make] of Object.entries(parts)) {
  if (asked.length && !asked.includes(name)) continue;
  await make();
  const folder = join(out, name);
  if (existsSync(folder)) {
    rmSync(join(folder, '.vite', 'license.md'), { force: true });
    compress(folder);
  }
}

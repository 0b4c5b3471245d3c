/**
 * The snippet: <script async src="https://HOST/widget.js" data-ringback-site="KEY"></script>
 *
 * Waits until the page is loaded and idle, fetches the site's public configuration and shows the launcher. All else
 * is loaded later: the session when the browser is idle again, the panel when the visitor means to open it. Calls of
 * `ringback(...)` before that are kept. Nothing is stored in the browser here.
 */
import type { Launcher, Tab, Widget } from './launcher';
import css from './launcher.css?inline';
import { textOn } from './shared/color';
import type { SiteConfig, WidgetConfig } from './shared/contracts.gen';

declare const __MAIN_CHUNK__: string;

type Call = [name: 'open' | 'close' | 'consent' | 'event' | 'scan', value?: unknown, data?: unknown];
interface Api {
  (...call: Call): void;
  q?: ArrayLike<unknown>[];
  isLoaded?: boolean;
  isReloaded?: boolean;
}

const page = window as Window & typeof globalThis & { ringback?: Api };
// Imported again as a module, to reload itself, the script has no currentScript; inside another script, a foreign one.
const current = document.currentScript as HTMLScriptElement | null;
const script = current?.dataset.ringbackSite
  ? current
  : (document.querySelector('script[data-ringback-site]') as HTMLScriptElement);
const siteKey = script.dataset.ringbackSite ?? '';
const queue = [...(page.ringback?.q ?? [])] as unknown as Call[];
const api: Api = (...call) => run(call);
api.isReloaded = page.ringback?.isReloaded ?? false;

const idle = (run: () => void) =>
  'requestIdleCallback' in page ? requestIdleCallback(run, { timeout: 2000 }) : setTimeout(run, 200);

let run = (call: Call) => void queue.push(call);

function svg(path: string): SVGElement {
  const image = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const line = document.createElementNS(image.namespaceURI, 'path');
  image.setAttribute('viewBox', '0 0 24 24');
  image.setAttribute('aria-hidden', 'true');
  line.setAttribute('d', path);
  image.append(line);
  return image;
}

function show(config: WidgetConfig): void {
  const host = document.createElement('ringback-widget');
  host.hidden = config.callback.closed === 'hide';
  const root = host.attachShadow({ mode: 'open' });
  const [sheet, look] = [new CSSStyleSheet(), new CSSStyleSheet()];
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet, look];

  const frame = document.createElement('div');
  frame.className = 'w';
  frame.dir = getComputedStyle(document.documentElement).direction;
  const button = document.createElement('button');
  button.className = 'launcher';
  button.ariaLabel = config.site.name;
  button.ariaExpanded = 'false';
  button.ariaHasPopup = 'dialog';
  const badge = document.createElement('b');
  button.append(
    svg('M20 11.5a7.5 7.5 0 0 1-11 6.6L4 19.5l1.4-4.6A7.5 7.5 0 1 1 20 11.5z'),
    svg('M6 9l6 6 6-6'),
    badge,
  );
  frame.append(button);
  root.append(frame);

  function wear({ color, corner, desktop, phone, theme, quiet }: SiteConfig) {
    const from = ({ x, y }: SiteConfig['phone']) => `--x:${x}px;--y:${y}px`;
    look.replaceSync(
      `:host{--c:${color};--f:${textOn(color)};${from(desktop)}}@media(max-width:480px){:host{${from(phone)}}}`,
    );
    frame.dataset.corner = script.dataset.corner ?? corner;
    host.dataset.theme = script.dataset.theme ?? theme;
    button.hidden = quiet;
  }
  wear(config.site);
  // Beside the body: a page that replaces or transforms its body does not take the widget with it.
  document.documentElement.append(host);

  const launcher: Launcher = {
    host,
    root,
    frame,
    button,
    badge,
    options: script.dataset,
    src: script.src,
    siteKey,
    config,
    wear,
    reload() {
      host.remove();
      if (api.isReloaded) return;
      api.isReloaded = true;
      api.isLoaded = false;
      void import(/* @vite-ignore */ `${script.src.split('?')[0]}?${Date.now()}`);
    },
  };

  let widget: Promise<Widget> | undefined;
  const load = () => {
    widget ??= import(/* @vite-ignore */ new URL(`widget/${__MAIN_CHUNK__}`, script.src).href).then((main) =>
      main.start(launcher),
    );
    // A chunk that could not be fetched is fetched anew at the next press.
    widget.catch(() => {
      widget = undefined;
    });
    return widget;
  };
  const use = async (what: (widget: Widget) => unknown) => {
    button.ariaBusy = 'true';
    try {
      await what(await load());
    } catch {
      button.title = script.dataset.failed ?? 'No connection. Try again.';
    }
    button.ariaBusy = null;
  };

  button.onclick = () => use((w) => w.toggle());
  const quietly = (what: (widget: Widget) => unknown) => load().then(what, () => {});
  const prefetch = () => quietly((w) => w.prefetch());
  for (const intent of ['pointerenter', 'focus', 'touchstart']) {
    button.addEventListener(intent, prefetch, { once: true, passive: true });
  }
  // Any element of the page may open the widget: <button data-ringback-open="callback">, or
  // <a data-ringback-open="survey" data-ringback-survey="ID">.
  document.addEventListener('click', (event) => {
    const opener = (event.target as Element).closest?.<HTMLElement>('[data-ringback-open]');
    if (!opener) return;
    const { ringbackOpen, ringbackSurvey } = opener.dataset;
    run(['open', ringbackOpen, ringbackSurvey]);
  });

  run = ([name, value, data]) => {
    if (name === 'open') void use((w) => w.open(value as Tab, data as string));
    else if (name === 'close') void use((w) => w.close());
    // Nobody waits for these: what fails is not shown.
    else void quietly((w) => (name === 'consent' ? w.consent(value !== false) : w[name]?.(value, data)));
  };
  for (const call of queue.splice(0)) run(call);
  const { connection } = navigator as { connection?: { saveData?: boolean } };
  if (!connection?.saveData || document.querySelector('[data-ringback-inline]')) {
    idle(() => quietly(() => {}));
  }
}

async function start(wait = 5000): Promise<void> {
  try {
    const answer = await fetch(new URL(`api/v1/widget/${encodeURIComponent(siteKey)}`, script.src), {
      credentials: 'omit',
    });
    const body = await answer.json();
    if (answer.ok) return show(body);
    if (answer.status < 500) return console.warn('ringback:', body.error?.code);
  } catch {
    // Offline or the server restarts: no launcher that leads nowhere, but a later try.
  }
  setTimeout(start, wait, Math.min(wait * 2, 300_000));
}

if (!page.ringback?.isLoaded) {
  api.isLoaded = true;
  page.ringback = api;
  const boot = () => idle(() => void start());
  if (document.readyState === 'complete') boot();
  else addEventListener('load', boot, { once: true });
}

/**
 * The snippet: <script async src="https://HOST/widget.js" data-ringback-site="KEY"></script>
 *
 * Waits until the page is loaded and idle, fetches the site's public configuration and shows the launcher; when the
 * browser is idle again the session starts. All else is loaded when the visitor means to open the panel, or when there
 * is something to show. Calls of `ringback(...)` before that are kept. Nothing is stored in the browser here.
 */
import type { Call, Launcher, Looks, Run } from './launcher';
import css from './launcher.css?inline';
import { start } from './session';
import { textOn } from './shared/color';
import type { LauncherConfig } from './shared/contracts.gen';

interface Api {
  (...call: Call): void;
  q?: ArrayLike<unknown>[];
  isLoaded?: boolean;
  isReloaded?: boolean | undefined;
}

const page = window as Window & typeof globalThis & { ringback?: Api };
// Imported again as a module, to reload itself, the script has no currentScript; inside another script, a foreign one.
const current = document.currentScript as HTMLScriptElement | null;
const script = current?.dataset.ringbackSite
  ? current
  : (document.querySelector('script[data-ringback-site]') as HTMLScriptElement);
const siteKey = script.dataset.ringbackSite as string;
const queue = [...(page.ringback?.q ?? [])] as unknown as Call[];
const api: Api = (...call) => run(call);
api.isReloaded = page.ringback?.isReloaded;
let run: Run = (call) => void queue.push(call);

const idle = (act: () => void) =>
  'requestIdleCallback' in page ? requestIdleCallback(act, { timeout: 2000 }) : setTimeout(act, 200);

function show(config: LauncherConfig): void {
  const host = document.createElement('ringback-widget');
  host.hidden = config.hidden;
  const root = host.attachShadow({ mode: 'open' });
  const [sheet, look] = [new CSSStyleSheet(), new CSSStyleSheet()];
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet, look];

  const frame = document.createElement('div');
  frame.className = 'w';
  frame.dir = getComputedStyle(document.documentElement).direction;
  const button = document.createElement('button');
  button.className = 'launcher';
  button.ariaLabel = config.name;
  button.ariaExpanded = 'false';
  button.ariaHasPopup = 'dialog';
  const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const line = document.createElementNS(icon.namespaceURI, 'path');
  icon.setAttribute('viewBox', '0 0 24 24');
  line.setAttribute('d', 'M20 11.5a7.5 7.5 0 0 1-11 6.6L4 19.5l1.4-4.6A7.5 7.5 0 1 1 20 11.5z');
  icon.append(line);
  button.append(icon);
  frame.append(button);
  root.append(frame);

  function wear({ color, corner, desktop, phone, theme, quiet }: Looks) {
    const from = ({ x, y }: Looks['phone']) => `--x:${x}px;--y:${y}px`;
    look.replaceSync(
      `:host{--c:${color};--f:${textOn(color)};${from(desktop)}}@media(max-width:480px){:host{${from(phone)}}}`,
    );
    frame.dataset.corner = script.dataset.corner ?? corner;
    host.dataset.theme = script.dataset.theme ?? theme;
    button.hidden = quiet;
  }
  wear(config);
  // Beside the body: a page that replaces or transforms its body does not take the widget with it.
  document.documentElement.append(host);

  const launcher: Launcher = {
    host,
    root,
    frame,
    button,
    options: script.dataset,
    src: script.src,
    siteKey,
    config,
    wear,
    fail() {
      button.title = script.dataset.failed ?? 'No connection. Try again.';
    },
    reload() {
      host.remove();
      if (api.isReloaded) return;
      api.isReloaded = true;
      api.isLoaded = false;
      void import(/* @vite-ignore */ `${script.src.split('?')[0]}?${Date.now()}`);
    },
  };

  // The session starts with the first call.
  run = (call) => {
    run = start(launcher);
    run(call);
  };
  for (const call of queue) run(call);
  button.onclick = () => run(['toggle']);
  button.onpointerenter = button.onfocus = () => run(['prefetch']);
  // Any element of the page may open the widget: <button data-ringback-open="callback">, or
  // <a data-ringback-open="survey" data-ringback-survey="ID">.
  document.addEventListener('click', (event) => {
    const opener = (event.target as Element).closest?.<HTMLElement>('[data-ringback-open]');
    if (opener) run(['open', opener.dataset.ringbackOpen, opener.dataset.ringbackSurvey]);
  });

  idle(() => run(['scan']));
}

async function fetchConfig(wait = 5000): Promise<void> {
  try {
    const answer = await fetch(new URL(`api/v1/widget/${encodeURIComponent(siteKey)}/launcher`, script.src), {
      credentials: 'omit',
    });
    const body = await answer.json();
    if (answer.ok) return show(body);
    if (answer.status < 500) return console.warn('ringback:', body.error.code);
  } catch {
    // Offline or the server restarts: no launcher that leads nowhere, but a later try.
  }
  setTimeout(fetchConfig, wait, Math.min(wait * 2, 300_000));
}

if (!page.ringback?.isLoaded) {
  api.isLoaded = true;
  page.ringback = api;
  // Not as a listener of `load`: that would run within the page's own task at its end, which is a long one already.
  const boot = () => {
    if (document.readyState === 'complete') idle(() => void fetchConfig());
    else setTimeout(boot, 100);
  };
  boot();
}

/**
 * The page in which the console shows the widget: the ordinary script on an ordinary page, with a server of its own.
 * It stands in a sandboxed frame without an origin and may connect to nothing, so it leaves no trace anywhere.
 */
import { isRtl } from '../src/shared/locale';
import type { PreviewScene, PreviewShown } from '../src/shared/preview';
import { createPreviewServer } from './server';

type Ringback = (...call: unknown[]) => void;
const page = window as unknown as {
  ringback?: Ringback & { q?: unknown[] };
  WebSocket: unknown;
  fetch: unknown;
};

let scene: PreviewScene | undefined;
let begin = (_first: PreviewScene) => {};
const first = new Promise<PreviewScene>((resolve) => {
  begin = resolve;
});

const newId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
const server = createPreviewServer(async () => scene ?? (await first), Date.now, newId);
page.WebSocket = server.Socket;
page.fetch = server.fetch;
const calls: unknown[] = [];
page.ringback ??= Object.assign((...call: unknown[]) => void calls.push(call), { q: calls });

// A page without an origin has no locks. It is looked at, whatever has the focus; and it takes no focus from the
// person who writes beside it.
Object.defineProperty(navigator, 'locks', { value: undefined });
document.hasFocus = () => true;
const { focus } = HTMLElement.prototype;
let isUsed = false;
HTMLElement.prototype.focus = function (options) {
  if (isUsed) focus.call(this, options);
};
for (const use of ['pointerdown', 'keydown']) {
  addEventListener(use, () => {
    isUsed = true;
  });
}

const root = () => document.querySelector('ringback-widget')?.shadowRoot;
const frame = () => new Promise(requestAnimationFrame);
/** What does not appear within two seconds or so will not. */
const FRAMES = 120;

/** What is shown anew because of one more letter is not to fly in again. */
async function settle() {
  await frame();
  for (const animation of document.getAnimations()) {
    if (animation.effect?.getTiming().iterations !== Number.POSITIVE_INFINITY) animation.finish();
  }
}

const beside = () => root()?.querySelector<HTMLElement>('.float:not(.panel)');

/** Close what stands beside the button, as a visitor would. */
function clear() {
  beside()?.querySelector<HTMLElement>('.round')?.click();
}

/** Wait until it stands there: while one is on its way, the next would be taken for a second one and not be shown. */
async function appears({ what }: PreviewShown) {
  for (let n = 0; n < FRAMES && /invitation|survey/.test(what) && !beside(); n++) await frame();
}

function show(shown: PreviewShown) {
  clear();
  switch (shown.what) {
    case 'button':
      return page.ringback?.('close');
    case 'invitation':
      page.ringback?.('close');
      return server.tell('invitation:show', { ...shown.told, impressionId: newId(), page: null });
    case 'survey':
      page.ringback?.('close');
      return page.ringback?.('open', 'survey', shown.survey.id);
    default:
      page.ringback?.('open', shown.what);
  }
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** The page is there, and the widget has said so. */
async function open() {
  const { locale } = await first;
  const html = document.documentElement;
  html.lang = locale;
  html.dir = isRtl(locale) ? 'rtl' : 'ltr';
  page.ringback?.('scan');
  await server.started;
}

const opened = open();
let applied: PreviewScene | undefined;
let isBusy = false;

/** Bring the page to the newest scene; what came in between is skipped. */
async function update() {
  if (isBusy) return;
  isBusy = true;
  await opened;
  while (scene && applied !== scene) {
    const [before, next] = [applied, scene];
    applied = next;
    document.documentElement.dataset.theme = next.isDark ? 'dark' : 'light';
    // Also the first time: it may have been changed while the page was on its way.
    if (!same(before?.config, next.config)) server.tell('config:changed', { site: next.config.site });
    if (!before || before.take !== next.take || !same(before.shown, next.shown)) {
      show(next.shown);
      await appears(next.shown);
    }
    if (before) await settle();
  }
  isBusy = false;
}

/** `light-dark()` asks the real system; a widget that follows it is told here what the visitor's one says. */
function seen({ config, ...rest }: PreviewScene): PreviewScene {
  const { theme } = config.site;
  const told = theme === 'auto' ? (rest.isDark ? 'dark' : 'light') : theme;
  return { ...rest, config: { ...config, site: { ...config.site, theme: told } } };
}

addEventListener('message', ({ source, data }) => {
  if (source !== parent || source === window) return;
  scene = seen(data as PreviewScene);
  begin(scene);
  void update();
});

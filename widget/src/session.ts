/**
 * What runs on every page of a customer before a visitor does anything: it connects, says which page is shown, and
 * tells what rules watch for. It is a part of widget.js. The rest is the app: it is loaded when the visitor means to
 * open it or has a conversation or a call, or when an invitation, a survey or a form is to be shown.
 */
import labels from 'ringback:labels';
import type { App } from './app';
import type { Launcher, Looks, Run, Widget } from './launcher';
import { createKeep, type Keep } from './session/keep';
import { createLink, type Link } from './session/link';
import { createVisit, type Visit } from './session/visit';
import { PROTOCOL, type SiteConfig, type WatchEntry } from './shared/contracts.gen';
import { pickLocale } from './shared/locale';
import { createSocket, type SocketOptions } from './shared/socket';
import type { Events } from './triggers/events';
import { createSensors } from './triggers/sensors';

/** Written into widget.js by its build; of the chunks, their file names. */
declare const __VERSION__: string;
declare const __CHUNKS__: { app: string; seldom: string; official: string; events: string };

/** What the app stands on. */
export interface Presence {
  launcher: Launcher;
  link: Link;
  keep: Keep;
  visit: Visit;
  /** BCP 47 tag of the words and the formats. */
  locale: string;
  timeZone: string;
  /** How the site is set up, as it was told last. */
  site?: SiteConfig;
  newId(): string;
  /** Load what is needed only now; what could not be fetched is fetched anew at the next call. */
  lazy<T>(load: () => Promise<T>): () => Promise<T>;
}

const TURN_MS = 20_000;
/** A browser's timer cannot run for much longer. */
const LONGEST_MS = 2e9;

const nothing = () => {};

function lazy<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load();
    loaded.catch(() => {
      loaded = undefined;
    });
    return loaded;
  };
}

function localeOf({ options, config }: Launcher): string {
  const { languages } = navigator;
  const wanted = [options.locale, document.documentElement.lang, ...languages];
  const picked = pickLocale(wanted, config.locales, config.defaultLocale);
  // A page in "en" read in a browser of "en-GB": its dates and times are British.
  return languages.find((tag) => tag.startsWith(`${picked}-`)) ?? picked;
}

export function start(launcher: Launcher): Run {
  const { siteKey, frame, button, options, config } = launcher;
  const locale = localeOf(launcher);
  frame.lang = locale;
  const language = locale.slice(0, 2) as keyof Looks['texts'];
  function wear(site: Looks) {
    launcher.wear(site);
    button.ariaLabel = options.label ?? site.texts[language]?.launcher ?? labels[language] ?? null;
  }
  wear(config);

  const newId = () => crypto.randomUUID?.() ?? `${Math.random()}${Math.random()}`;
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const keep = createKeep(
    siteKey,
    () => localStorage,
    () => sessionStorage,
  );
  if (options.consent === 'given') keep.allow();

  const tabId = newId();
  const socketOptions = (wire: object) =>
    ({
      url: new URL(`socket.io/?site=${encodeURIComponent(siteKey)}`, launcher.src).href,
      namespace: '/visitor',
      auth: () => ({
        protocol: PROTOCOL,
        siteKey,
        token: keep.token(),
        tabId,
        locale,
        timeZone,
        version: __VERSION__,
      }),
      ...wire,
    }) as SocketOptions;
  const chunk = (name: string) => import(/* @vite-ignore */ new URL(`widget/${name}`, launcher.src).href);
  const link = createLink({
    siteKey,
    keep,
    newId,
    random: Math.random,
    createSocket: (wire) => createSocket(socketOptions(wire)),
    createFallback: async (wire) =>
      (await chunk(__CHUNKS__.official)).createOfficialSocket(socketOptions(wire)),
    loadSeldom: () => chunk(__CHUNKS__.seldom),
    reload: launcher.reload,
    locks: navigator.locks,
    channel: (name) => new BroadcastChannel(name),
  });

  const visit = createVisit(link, keep);
  const presence: Presence = { launcher, link, keep, visit, locale, timeZone, newId, lazy };
  const sensors = createSensors(link, visit);

  let isLoaded = false;
  const app = lazy<App>(async () => {
    const made = await (await chunk(__CHUNKS__.app)).createApp(presence);
    isLoaded = true;
    return made;
  });
  const events = lazy<Events>(async () => (await chunk(__CHUNKS__.events)).mount(link, visit, sensors));
  /** Use the app where nobody waits for it. */
  const quietly = (use: (app: App) => unknown) =>
    void app()
      .then(use)
      .catch(() => {});
  const prefetch = () => quietly(() => {});

  function scan() {
    if (document.querySelector('[data-ringback-inline]')) quietly((a) => a.fillForms());
  }
  function forget() {
    const isKnown = isLoaded || keep.isAllowed();
    keep.forget();
    // What is kept of a conversation is the app's to forget.
    if (isKnown) quietly((a) => a.forget());
  }

  /** The page is seen (again), maybe out of the cache of the back button. */
  function wake() {
    if (document.hidden) return;
    link.join();
    link.kick();
  }
  addEventListener('online', link.kick);
  // A connection may look alive for long after the network is gone.
  addEventListener('offline', () => {
    link.leave();
    wake();
  });
  addEventListener('pageshow', wake);
  addEventListener('visibilitychange', wake);
  addEventListener('pagehide', link.leave);
  link.onNote('forget', forget);
  let version = 0;
  /** An answer that was long on its way may be older than what was told meanwhile. */
  function take(site: SiteConfig) {
    if (site.version < version) return;
    version = site.version;
    presence.site = site;
    wear(site);
  }
  link.on('config:changed', (told) => take(told.site));
  let turn: ReturnType<typeof setTimeout> | undefined;
  visit.onStarted((started) => {
    const { closed, opensAtMs, openings } = started.callback;
    take(started.site);
    launcher.host.hidden = closed === 'hide';
    // The site opens or closes while the page is shown: how things stand is asked anew, not by all at once.
    const turnsAtMs = opensAtMs ?? openings?.[0]?.toAtMs;
    const inMs = Math.max((turnsAtMs ?? Infinity) - Date.now(), TURN_MS) + Math.random() * TURN_MS;
    clearTimeout(turn);
    turn = setTimeout(visit.again, Math.min(inMs, LONGEST_MS));
    sensors.watch(started.watch as WatchEntry[]);
    if (started.conversation || started.openCallback) prefetch();
  });
  for (const event of ['chat:message', 'chat:state', 'callback:updated'] as const) {
    link.on(event, () => {
      // The app has missed it: how things stand is asked anew once it is there.
      if (!isLoaded) quietly(visit.again);
    });
  }
  visit.onMoved(() => {
    // What the page draws for its new address may come a little later.
    for (const ms of [0, 500, 2000]) setTimeout(scan, ms);
  });
  link.on('watch:changed', (told) => sensors.watch(told.watch));
  link.on('invitation:show', (told) => {
    if (!document.hidden) quietly((a) => a.invite(told));
  });
  // In a task of its own: the first use of time zones and of storage has taken its time already.
  setTimeout(link.join);
  // Someone who wrote or called before may have words that were not sent yet.
  if (keep.isAllowed()) prefetch();

  /** Use the app for a visitor who waits for it. */
  async function use(act: (app: App) => void) {
    button.ariaBusy = 'true';
    try {
      act(await app());
    } catch {
      launcher.fail();
    }
    button.ariaBusy = null;
  }
  const widget: Widget = {
    open: (what, surveyId) => void use((a) => a.open(what, surveyId)),
    toggle: () => void use((a) => a.toggle()),
    close() {
      if (isLoaded) quietly((a) => a.close());
    },
    prefetch,
    consent(given) {
      if (given !== false) return keep.allow();
      link.join(); // the page may say so before anything else
      link.note('forget');
      forget();
    },
    event: (...told) => void events().then((e) => e.event(...told), nothing),
    scan,
  };
  return ([name, ...values]) => widget[name]?.(...values);
}

/**
 * The session: what runs on every page of a customer before a visitor does anything. It connects, says which page is
 * shown, and loads the rest when it is wanted: the sensors when rules watch for something, the app (chat, callback,
 * panel) when the visitor means to open it or has a conversation or a call, invitations and surveys when one is shown.
 */
import { effect, type Signal, signal } from '@preact/signals-core';
import type { App } from './app';
import type { Launcher, Tab, Widget } from './launcher';
import { createKeep, type Keep } from './session/keep';
import { createLink, type Link } from './session/link';
import { createVisit, type Visit } from './session/visit';
import { PROTOCOL, type SiteConfig, type WatchEntry, type WidgetWords } from './shared/contracts.gen';
import type { AskError } from './shared/failure';
import { isRtl, pickLocale } from './shared/locale';
import { createSocket, type SocketOptions } from './shared/socket';

/** Of this build. */
declare const __VERSION__: string;

/** What every part of the widget stands on. */
export interface Session {
  launcher: Launcher;
  link: Link;
  keep: Keep;
  visit: Visit;
  /** How the site is set up now. */
  site: Signal<SiteConfig>;
  /** The site's own words for a place, if it has some. */
  own(place: keyof WidgetWords): string | undefined;
  /** BCP 47 tag of the words and the formats. */
  locale: string;
  timeZone: string;
  isOpen: Signal<boolean>;
  tab: Signal<Tab>;
  /** Whether the browser tab is in the background. */
  isHidden: Signal<boolean>;
  /** Whether the visitor is in a chat or a call. */
  isEngaged: Signal<boolean>;
  /** Whether a survey is on the screen beside the launcher. */
  isAsking: Signal<boolean>;
  newId(): string;
  /** Load the app. */
  app(): Promise<App>;
  open(tab?: Tab): Promise<void>;
  close(): void;
  /** Show a survey beside the launcher, from an invitation if one is named. */
  showSurvey(surveyId: string, impressionId?: string): Promise<void>;
}

const labels = import.meta.glob<string>('./locales/*.json', {
  query: '?label',
  import: 'default',
  eager: true,
});

const TURN_MS = 20_000;
/** A browser's timer cannot run for longer. */
const LONGEST_MS = 2 ** 31 - 1;

/** A chunk that could not be fetched is asked for again by the next occasion. */
const nothing = () => {};

/** Load what is needed only now; what could not be fetched is fetched anew at the next call. */
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
  const wanted = [options.locale, document.documentElement.lang, ...languages].filter(
    (tag) => tag !== undefined,
  );
  const picked = pickLocale(wanted, config.site.locales, config.site.defaultLocale);
  // A page in "en" read in a browser of "en-GB": its dates and times are British.
  return languages.find((tag) => tag.startsWith(`${picked}-`)) ?? picked;
}

export async function start(launcher: Launcher): Promise<Widget> {
  const { siteKey, host, frame, button, options, config } = launcher;
  const locale = localeOf(launcher);
  frame.lang = locale;
  frame.dir = isRtl(locale) ? 'rtl' : 'ltr';
  const language = locale.split('-')[0] as keyof SiteConfig['texts'];
  const site = signal(config.site);
  const own: Session['own'] = (place) => site.value.texts[language]?.[place];
  effect(() => {
    button.ariaLabel =
      options.label ??
      own('launcher') ??
      labels[`./locales/${language}.json`] ??
      labels['./locales/en.json'] ??
      null;
  });

  const newId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? '';
  const keep = createKeep(
    siteKey,
    () => localStorage,
    () => sessionStorage,
  );
  if (options.consent === 'given') keep.allow();

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
  const tabId = newId();
  const link = createLink({
    siteKey,
    newId,
    random: Math.random,
    createSocket: (wire) => createSocket(socketOptions(wire)),
    createFallback: async (wire) =>
      (await import('./shared/socket.official')).createOfficialSocket(socketOptions(wire)),
    onRefused,
    locks: navigator.locks,
    channel: window.BroadcastChannel && (() => new BroadcastChannel(`ringback:${siteKey}`)),
  });

  function onRefused(error: AskError): boolean {
    if (error.code === 'client_too_old') {
      link.leave();
      launcher.reload();
    } else if (error.code === 'token_invalid') {
      const wasAllowed = keep.isAllowed();
      keep.forget();
      if (wasAllowed) keep.allow();
      return true;
    } else if (error.retry) return true;
    else console.warn('ringback:', error.code);
    return false;
  }

  const visit = createVisit(link, keep, document);
  const isOpen = signal(false);
  const tab = signal<Tab>('chat');
  const isHidden = signal(document.hidden);
  const session: Session = {
    launcher,
    link,
    keep,
    visit,
    site,
    own,
    locale,
    timeZone,
    isOpen,
    tab,
    isHidden,
    isEngaged: signal(false),
    isAsking: signal(false),
    newId,
    app: lazy(async () => (await import('./app')).createApp(session)),
    open,
    close,
    async showSurvey(id, impressionId) {
      isOpen.value = false;
      await (await surveys()).show(id, impressionId);
    },
  };
  const sensors = lazy(async () => (await import('./triggers/sensors')).createSensors(session));
  const invitations = lazy(async () => (await import('./triggers/Invitation')).mount(session));
  const surveys = lazy(async () => (await import('./survey/Survey')).mount(session));
  const inline = lazy(async () => (await import('./inline/inline')).mount(session));

  let isWatching = false;
  function watch(entries: WatchEntry[]) {
    isWatching ||= entries.length > 0;
    if (isWatching) sensors().then((s) => s.watch(entries), nothing);
  }
  function scan() {
    if (document.querySelector('[data-ringback-inline]')) inline().then((fill) => fill(), nothing);
  }
  let isLoaded = false;
  function load() {
    session.app().then(() => {
      isLoaded = true;
    }, nothing);
  }

  function close() {
    if (!isOpen.value) return;
    isOpen.value = false;
    button.focus();
  }
  async function open(wanted?: Tab | 'survey', surveyId?: string) {
    if (wanted === 'survey') return surveyId ? session.showSurvey(surveyId) : undefined;
    await session.app();
    if (wanted === 'chat' || wanted === 'callback') tab.value = wanted;
    isOpen.value = true;
  }
  async function forget() {
    const isKnown = isLoaded || keep.isAllowed();
    keep.forget();
    // What is kept of a conversation is the app's to forget.
    if (isKnown) await session.app().then((app) => app.forget(), nothing);
  }

  addEventListener('online', link.kick);
  addEventListener('pageshow', (event) => {
    if (event.persisted) link.join();
    link.kick();
  });
  addEventListener('pagehide', () => link.leave());
  document.addEventListener('visibilitychange', () => {
    isHidden.value = document.hidden;
    if (!document.hidden) link.kick();
  });
  link.onNote('forget', () => void forget());
  let isUsed = false;
  effect(() => {
    isUsed ||= isOpen.value || session.isEngaged.value;
    launcher.wear(site.value);
    if (isUsed) button.hidden = false;
  });
  // An answer that was long on its way may be older than what was told meanwhile.
  const take = (next: SiteConfig) => {
    if (next.version >= site.value.version) site.value = next;
  };
  link.on('config:changed', (told) => take(told.site));
  const isAway = signal(host.hidden);
  effect(() => {
    const { isEngaged, isAsking } = session;
    host.hidden = isAway.value && !isOpen.value && !isEngaged.value && !isAsking.value;
  });
  let turn: ReturnType<typeof setTimeout> | undefined;
  visit.onStarted((started) => {
    take(started.site);
    const { closed, opensAtMs, openings } = started.callback;
    isAway.value = closed === 'hide';
    clearTimeout(turn);
    const turnsAtMs = opensAtMs ?? openings?.[0]?.toAtMs;
    if (turnsAtMs) {
      // The site opens or closes while the page is shown: how things stand is asked anew, not by all at once.
      const inMs = Math.max(turnsAtMs - Date.now(), TURN_MS) + Math.random() * TURN_MS;
      turn = setTimeout(visit.again, Math.min(inMs, LONGEST_MS));
    }
    watch(started.watch as WatchEntry[]);
    if (started.conversation || started.openCallback) load();
  });
  for (const event of ['chat:message', 'chat:state', 'callback:updated'] as const) {
    link.on(event, () => {
      // The app has missed it: how things stand is asked anew once it is there.
      if (!isLoaded) session.app().then(visit.again, nothing);
    });
  }
  visit.onMoved(() => {
    // What the page draws for its new address may come a little later.
    for (const ms of [0, 500, 2000]) setTimeout(scan, ms);
  });
  link.on('watch:changed', (told) => watch(told.watch));
  link.on('invitation:show', (told) => {
    if (!document.hidden) invitations().then((i) => i.offer(told), nothing);
  });
  link.on('survey:show', (told) => {
    if (!document.hidden) surveys().then((s) => s.offer(told), nothing);
  });
  link.join();
  // Someone who wrote or called before may have words that were not sent yet.
  if (keep.isAllowed()) load();
  scan();

  return {
    open,
    async toggle() {
      if (isOpen.value) close();
      else await open();
    },
    close,
    prefetch: load,
    consent(given) {
      if (given) return keep.allow();
      link.note('forget');
      void forget();
    },
    event: (name, data) => void sensors().then((s) => s.event(name, data), nothing),
    scan,
  };
}

/** The widget's composition root: wires the session and the models, and loads the panel when it is wanted. */
import { effect, type Signal, signal } from '@preact/signals-core';
import { type Calls, createCalls } from './callback/model';
import { guessCountry } from './callback/phone';
import { type Chat, createChat } from './chat/model';
import { browserStore } from './chat/outbox.store';
import type { Launcher, Tab, Widget } from './launcher';
import { createKeep, type Keep } from './session/keep';
import { createLink, type Link } from './session/link';
import { createVisit, type Visit } from './session/visit';
import { PROTOCOL, type WatchEntry } from './shared/contracts.gen';
import type { AskError } from './shared/errors.visitor';
import { type Catalog, gettext, isRtl, ngettext, pickLocale, setCatalog } from './shared/gettext';
import { createSocket, type SocketOptions } from './shared/socket';

/** Everything the panel needs. */
export interface App {
  launcher: Launcher;
  link: Link;
  keep: Keep;
  visit: Visit;
  chat: Chat;
  calls: Calls;
  isOpen: Signal<boolean>;
  tab: Signal<Tab>;
  /** Whether the browser tab is in the background. */
  isHidden: Signal<boolean>;
  /** Whether the visitor pressed "Ask for a call" in the chat. */
  asksCall: Signal<boolean>;
  /** Number of the last offer of a call that the visitor put aside. */
  dismissedOffer: Signal<number>;
  /** Whether a survey is on the screen beside the launcher. */
  isAsking: Signal<boolean>;
  newId(): string;
  open(tab?: Tab): Promise<void>;
  showSurvey(surveyId: string, impressionId?: string): Promise<void>;
  close(): void;
}

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

const catalogs = import.meta.glob<Catalog>('./locales/*.json', { import: 'default' });

async function loadWords(launcher: Launcher): Promise<string> {
  const { options, config } = launcher;
  const { languages } = navigator;
  const wanted = [options.locale, document.documentElement.lang, ...languages].filter(
    (tag) => tag !== undefined,
  );
  const picked = pickLocale(wanted, config.site.locales, config.site.defaultLocale);
  // A page in "en" read in a browser of "en-GB": its dates and times are British.
  const locale = languages.find((tag) => tag.startsWith(`${picked}-`)) ?? picked;
  const load = catalogs[`./locales/${locale.split('-')[0]}.json`] ?? catalogs['./locales/en.json'];
  // The built code holds numbers, not sentences: without a catalog there is nothing to say, so the loader tries again.
  setCatalog(locale, (await load?.()) ?? {});
  return locale;
}

export async function start(launcher: Launcher): Promise<Widget> {
  const { siteKey, config, frame, button, badge, options } = launcher;
  const locale = await loadWords(launcher);
  frame.lang = locale;
  frame.dir = isRtl(locale) ? 'rtl' : 'ltr';
  if (options.theme) launcher.host.dataset.theme = options.theme;

  const newId = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? '';
  const keep = createKeep(siteKey, () => localStorage);
  if (options.consent === 'given') keep.allow();

  const socketOptions = (wire: object) =>
    ({
      url: new URL(`socket.io/?site=${encodeURIComponent(siteKey)}`, launcher.src).href,
      namespace: '/visitor',
      auth: () => ({ protocol: PROTOCOL, siteKey, token: keep.token(), tabId, locale, timeZone }),
      ...wire,
    }) as SocketOptions;
  const tabId = newId();
  const store = browserStore(`ringback:${siteKey}`);
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
  const chat = createChat({ link, visit, keep, store, newId, now: Date.now, random: Math.random });
  const calls = createCalls({
    link,
    visit,
    keep,
    offer: config.callback,
    region: guessCountry(config.site.countries, {
      timeZone,
      languages: navigator.languages,
      country: config.site.country,
    }),
    asksConsent: config.site.recording !== 'off',
    newId,
    now: Date.now,
  });

  const isOpen = signal(false);
  const tab = signal<Tab>('chat');
  const isHidden = signal(document.hidden);
  const app: App = {
    launcher,
    link,
    keep,
    visit,
    chat,
    calls,
    isOpen,
    tab,
    isHidden,
    asksCall: signal(false),
    dismissedOffer: signal(0),
    isAsking: signal(false),
    newId,
    open,
    showSurvey: async (id, impressionId) => (await surveys()).show(id, impressionId),
    close,
  };
  const loadPanel = lazy(async () => (await import('./shell/Panel')).mount(app));
  const sensors = lazy(async () => (await import('./triggers/sensors')).createSensors(app));
  const invitations = lazy(async () => (await import('./triggers/Invitation')).mount(app));
  const surveys = lazy(async () => (await import('./survey/Survey')).mount(app));
  const inline = lazy(async () => (await import('./inline/inline')).mount(app));

  let isWatching = false;
  function watch(entries: WatchEntry[]) {
    isWatching ||= entries.length > 0;
    if (isWatching) sensors().then((s) => s.watch(entries), nothing);
  }
  function scan() {
    if (document.querySelector('[data-ringback-inline]')) inline().then((fill) => fill(), nothing);
  }

  function close() {
    if (!isOpen.value) return;
    isOpen.value = false;
    button.focus();
  }

  effect(() => {
    const unread = chat.unread.value;
    const count = isOpen.value ? 0 : unread;
    badge.textContent = count ? String(count > 99 ? '99+' : count) : '';
    button.ariaExpanded = String(isOpen.value);
    const label = options.label ?? gettext('Chat and callback');
    if (isOpen.value) button.ariaLabel = gettext('Close');
    else
      button.ariaLabel = count
        ? `${label}, ${ngettext('{n} new message', '{n} new messages', count)}`
        : label;
  });

  const again = () => {
    link.kick();
    chat.sync();
  };
  addEventListener('online', again);
  addEventListener('pageshow', (event) => {
    if (event.persisted) link.join();
    again();
  });
  addEventListener('pagehide', () => link.leave());
  document.addEventListener('visibilitychange', () => {
    isHidden.value = document.hidden;
    if (!document.hidden) again();
  });
  link.onNote('forget', () => void forget());
  visit.onStarted((started) => watch(started.watch as WatchEntry[]));
  visit.onMoved(() => {
    // What the page draws for its new address may come a little later.
    for (const ms of [0, 500, 2000]) setTimeout(scan, ms);
  });
  link.on('watch:changed', (told) => watch(told.watch));
  link.on('invitation:show', (told) => {
    if (!document.hidden) invitations().then((i) => i.offer(told), nothing);
  });
  link.join();
  scan();

  async function forget() {
    keep.forget();
    await chat.forget();
    calls.forget();
  }

  async function open(wanted?: Tab) {
    await loadPanel();
    if (wanted === 'chat' || wanted === 'callback') tab.value = wanted;
    isOpen.value = true;
  }

  return {
    open,
    async toggle() {
      if (isOpen.value) close();
      else await open();
    },
    close,
    prefetch: () => void loadPanel().catch(nothing),
    event: (name, data) => void sensors().then((s) => s.event(name, data), nothing),
    scan,
    consent(given) {
      if (given) return keep.allow();
      link.note('forget');
      void forget();
    },
  };
}

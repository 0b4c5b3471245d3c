/** The visit: who we are for the server, which page this tab shows, and what the server said at the start. */
import { effect, type ReadonlySignal, signal } from '@preact/signals-core';
import type { Attribution, Page, VisitStarted } from '../shared/contracts.gen';
import type { Keep } from './keep';
import type { Link } from './link';

export interface Visit {
  readonly started: ReadonlySignal<VisitStarted | null>;
  /** Call `hear` with the last answer to visit:start, if there is one, and with each that comes. */
  onStarted(hear: (started: VisitStarted) => void): void;
  /** Call `hear` whenever this tab shows another page without a reload; the server has been told already. */
  onMoved(hear: () => void): void;
  /** Ask anew how things stand. */
  again(): void;
}

/** Return this tab's page as the contract wants it; the fragment never leaves the browser. */
export const readPage = (document: Document): Page => ({
  url: document.location.href.split('#')[0]?.slice(0, 2048) ?? '',
  title: document.title.slice(0, 512),
  referrer: document.referrer.slice(0, 2048),
});

/** Return what the address of the landing page says about the campaign, or null when it says nothing. */
export function readAttribution(url: string, referrer: string): Attribution | null {
  const { searchParams, origin } = new URL(url);
  const found: Attribution = {};
  for (const key of ['source', 'medium', 'campaign', 'term', 'content'] as const) {
    const value = searchParams.get(`utm_${key}`);
    if (value) found[key] = value.slice(0, 255);
  }
  const isForeign = referrer !== '' && !referrer.startsWith(`${origin}/`);
  if (isForeign) found.referrer = referrer.slice(0, 2048);
  if (!Object.keys(found).length) return null;
  return { ...found, landingUrl: url.split('#')[0]?.slice(0, 2048) ?? '' };
}

export function createVisit(link: Link, keep: Keep, document: Document): Visit {
  const started = signal<VisitStarted | null>(null);
  const hearers: ((started: VisitStarted) => void)[] = [];
  const movers: (() => void)[] = [];
  const attribution = readAttribution(document.location.href, document.referrer);
  let retry: ReturnType<typeof setTimeout> | undefined;

  async function start() {
    clearTimeout(retry);
    try {
      const answer = await link.ask('visit:start', {
        page: readPage(document),
        ...(attribution && { attribution }),
      });
      keep.setToken(answer.token);
      started.value = answer;
      for (const hear of hearers) hear(answer);
    } catch {
      // Without a connection the next one starts it; anything else is asked again until it is answered.
      if (link.state.value === 'online') retry = setTimeout(start, 3000);
    }
  }

  effect(() => {
    if (link.state.value === 'online') void start();
    else clearTimeout(retry);
  });
  watchPages(document, () => {
    if (started.value) link.ask('visit:page', { page: readPage(document) }).catch(() => {});
    for (const hear of movers) hear();
  });
  return {
    started,
    onStarted(hear) {
      hearers.push(hear);
      if (started.value) hear(started.value);
    },
    onMoved: (hear) => void movers.push(hear),
    again: () => void start(),
  };
}

/** Call `moved` when the document shows another page without a reload; a change of the fragment is none. */
export function watchPages(document: Document, moved: () => void): void {
  const window = document.defaultView as Window & { navigation?: EventTarget };
  let url = readPage(document).url;
  const check = () => {
    const now = readPage(document).url;
    if (now === url) return;
    url = now;
    // The title usually follows the address.
    setTimeout(moved, 50);
  };
  if (window.navigation) window.navigation.addEventListener('navigatesuccess', check);
  else {
    for (const name of ['pushState', 'replaceState'] as const) {
      const original = window.history[name];
      window.history[name] = function (...args) {
        original.apply(this, args);
        queueMicrotask(check);
      };
    }
  }
  window.addEventListener('popstate', check);
}

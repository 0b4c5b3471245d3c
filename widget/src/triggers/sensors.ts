/**
 * Ears and eyes for the facts that live rules watch. Only what is watched is measured: listeners are passive, the layout
 * is read at most once a frame and only after a scroll, nothing is stored, and the history of the page is never touched.
 */
import type { Link } from '../session/link';
import { readPage, type Visit } from '../session/visit';
import type { WatchEntry } from '../shared/contracts.gen';
import { createFacts, FLEES_MS, SEEN_MS, type Signal } from './facts';

export interface Sensors {
  /** Watch for these from now on; again after every answer to visit:start. */
  watch(entries: readonly WatchEntry[]): void;
  /** What is watched for now. */
  watched(): readonly WatchEntry[];
  /** Tell the server. */
  report(signal: Signal): void;
}

export function createSensors(link: Link, visit: Visit): Sensors {
  let { url } = readPage();
  const report = (signal: Signal) => {
    // What is lost with the connection is told again after the next visit:start.
    link.ask('visit:signal', { ...signal, page: { url } }).catch(() => {});
  };
  const facts = createFacts(Date.now, report);
  let isListening = false;
  let watched: readonly WatchEntry[] = [];
  let timer: ReturnType<typeof setInterval> | undefined;
  let frame = 0;
  let scroller: Element | undefined;
  let unseen: ReturnType<typeof setTimeout> | undefined;

  const root = () => document.scrollingElement ?? document.documentElement;

  const measure = () => {
    frame = 0;
    const { scrollTop, scrollHeight, clientHeight } = scroller ?? root();
    facts.scrolled(scrollTop, scrollHeight - clientHeight - 1, matchMedia('(pointer: coarse)').matches);
    if (facts.isFleeing()) setTimeout(facts.tick, FLEES_MS);
  };

  const onScroll = ({ target }: Event) => {
    facts.acted();
    if (frame || !(facts.watches('scroll') || facts.watches('exit'))) return;
    frame = requestAnimationFrame(() => {
      const inner = target instanceof Element ? target : undefined;
      // A list or a slider in the page is not the page; one as large as the window is.
      const isPage =
        !inner ||
        (inner.clientHeight * 2 > innerHeight &&
          inner.clientWidth * 2 > innerWidth &&
          inner.scrollHeight - inner.clientHeight > 1);
      frame = 0;
      if (!isPage) return;
      scroller = inner;
      measure();
    });
  };

  /** Once the page has been seen: it may be all in sight, or stand where the visitor left it. */
  const look = () => {
    const { scrollHeight, clientHeight } = root();
    if (scrollHeight <= clientHeight + 1) {
      let under = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
      while (under && !(under.scrollHeight > under.clientHeight + 1 && isScrollable(under)))
        under = under.parentElement;
      scroller = under ?? undefined;
    }
    measure();
  };
  const isScrollable = (element: Element) => /auto|scroll/.test(getComputedStyle(element).overflowY);

  function pace() {
    clearInterval(timer);
    clearTimeout(unseen);
    if (document.hidden) return;
    if (facts.watches('scroll')) unseen = setTimeout(requestAnimationFrame, SEEN_MS, look);
    if (!facts.isWaiting()) return;
    timer = setInterval(() => {
      facts.tick();
      if (!facts.isWaiting()) clearInterval(timer);
    }, 1000);
  }

  function begin() {
    url = readPage().url;
    scroller = undefined;
    facts.begin();
    pace();
  }

  function listen() {
    const on = (names: string, hear: (event: Event) => void) => {
      for (const name of names.split(' ')) addEventListener(name, hear, { passive: true, capture: true });
    };
    on('scroll', onScroll);
    on('keydown pointerdown wheel touchmove', facts.acted);
    on('click', facts.clicked);
    on('pointermove', (event) => facts.moved((event as PointerEvent).buttons > 0));
    on('visibilitychange', () => {
      facts.seen(!document.hidden);
      pace();
    });
    on('pageshow', (event) => {
      if ((event as PageTransitionEvent).persisted) begin();
    });
    on('mouseout', (event) => {
      const { relatedTarget, clientY, buttons, target } = event as MouseEvent;
      if (relatedTarget) return;
      facts.left({
        y: clientY,
        isPressed: buttons > 0,
        isField: (target as Element).matches?.('select, option, input'),
      });
    });
  }

  facts.seen(!document.hidden);
  visit.onMoved(begin);
  return {
    watch(entries) {
      watched = entries;
      facts.watch(entries);
      if (entries.length && !isListening) {
        isListening = true;
        listen();
      }
      pace();
    },
    watched: () => watched,
    report,
  };
}

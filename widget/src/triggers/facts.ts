/**
 * The facts that live rules watch, told at most once for each page. Pure: events and the clock come in, signals go out.
 *
 * What is reached is kept while the page lasts, so that after a reconnect, when the server asks again, it is told
 * again. An exit and an idle spell are true only at their moment.
 */
import type { Now } from '../shared/clock';
import type { VisitSignal, WatchEntry } from '../shared/contracts.gen';

export type Signal = Pick<VisitSignal, 'kind' | 'value' | 'name' | 'data'>;

/** Where the pointer left the page. */
export interface Leaving {
  y: number;
  /** Whether a button is down: something is being dragged or selected. */
  isPressed: boolean;
  /** Over a native list or field, whose popup lies outside of the page. */
  isField: boolean;
}

/** A page is not left before one has seen it. */
export const SEEN_MS = 3000;
/** Without a key, a pointer or a scroll for so long, nobody reads. */
export const RESTS_MS = 60_000;
/** A fast way up is an exit if it has not ended at the top, where menus and headings are. */
export const FLEES_MS = 300;
const WINDOW_MS = 200;
const PX_PER_MS = 2;
const LEAST_PX = 100;
const DEEP_PERCENT = 30;
const CLICK_MS = 1000;

export type Facts = ReturnType<typeof createFacts>;

export function createFacts(now: Now, report: (signal: Signal) => void) {
  let watched: (WatchEntry & { isTold?: boolean })[] = [];
  let isVisible = true;
  // All of these begin anew with a page.
  let bornMs = 0;
  let activeMs = 0;
  let countedMs = 0;
  let actedMs = 0;
  let clickedMs = 0;
  let fledMs = 0;
  let deepest = 0;
  let hasExited = false;
  let wasInside = false;
  let trail: [y: number, atMs: number][] = [];

  /** Tell what is reached of one kind, in one signal. */
  function reach(kind: string, reached: number) {
    const value = Math.floor(reached);
    const due = watched.filter((w) => w.kind === kind && !w.isTold && value >= (w.value ?? 1));
    for (const entry of due) entry.isTold = true;
    if (due.length) report({ kind, value });
  }

  function exit(device: 'desktop' | 'touch') {
    if (hasExited || !watches('exit', device)) return;
    hasExited = true;
    report({ kind: 'exit', name: device });
  }

  const watches = (kind: string, name?: string): boolean =>
    watched.some(
      (w) => w.kind === kind && (!name || w.name === name || (kind === 'exit' && w.name === 'any')),
    );

  /** Count the time since the last look: only while somebody is there. A sleep of the machine is not counted. */
  function count() {
    const at = now();
    const passed = at - countedMs;
    countedMs = at;
    if (isVisible && passed < 5000 && at - actedMs < RESTS_MS) activeMs += passed;
  }

  function acted() {
    count();
    actedMs = now();
  }

  function begin() {
    bornMs = countedMs = actedMs = now();
    activeMs = clickedMs = fledMs = deepest = 0;
    hasExited = wasInside = false;
    trail = [];
    for (const entry of watched) entry.isTold = false;
  }
  begin();

  return {
    /** Watch for these from now on; what is reached already is told again, but for what was true only at its moment. */
    watch(entries: readonly WatchEntry[]) {
      const before = watched.filter((w) => w.isTold && w.kind === 'idle');
      watched = entries.map((entry) => ({
        ...entry,
        isTold: entry.kind === 'idle' && before.some((w) => w.value === entry.value),
      }));
      this.tick();
    },
    watches,
    /** Whether something passes by itself that is still to be told. */
    isWaiting: () => watched.some((w) => !w.isTold && /time|idle/.test(w.kind)),
    /** Another page. */
    begin,
    acted,
    clicked() {
      acted();
      clickedMs = now();
    },
    /** The pointer is inside of the page, or drags something out of it. */
    moved(isPressed = false) {
      acted();
      wasInside = !isPressed;
    },
    seen(visible: boolean) {
      count();
      isVisible = visible;
      if (visible) actedMs = now();
    },
    left({ y, isPressed, isField }: Leaving) {
      if (wasInside && y < 1 && !isPressed && !isField && now() - bornMs > SEEN_MS) exit('desktop');
      wasInside = false;
    },
    /** The page stands at `y` of `end` pixels; `end` is 0 where everything is in sight. */
    scrolled(y: number, end: number, isTouch: boolean) {
      const at = now();
      trail = trail.filter(([, atMs]) => at - atMs < WINDOW_MS);
      const [from, fromMs] = trail[0] ?? [y, at];
      const up = from - y;
      const isByHand = !clickedMs || at - clickedMs > CLICK_MS;
      if (isTouch && isByHand && deepest > DEEP_PERCENT && up > LEAST_PX && up > PX_PER_MS * (at - fromMs))
        fledMs = at;
      if (y <= 0) fledMs = 0;
      trail.push([y, at]);
      deepest = Math.max(deepest, Math.min(100, end > 0 ? (100 * y) / end : 100));
      reach('scroll', deepest + 0.5);
    },
    /** Look at what passes by itself; once a second, and FLEES_MS after a fast way up. */
    tick() {
      count();
      const at = now();
      if (fledMs && at - fledMs >= FLEES_MS) {
        fledMs = 0;
        exit('touch');
      }
      reach('time', activeMs / 1000);
      if (deepest) reach('scroll', deepest + 0.5);
      if (isVisible) reach('idle', (at - actedMs) / 1000);
    },
    isFleeing: () => fledMs > 0,
  };
}

/** The visit: which page this tab shows, and what the server said at the start. */
import type { Page, VisitStarted } from '../shared/contracts.gen';
import type { Keep } from './keep';
import type { Link } from './link';

export interface Visit {
  /** Call `hear` with the last answer to visit:start, if there is one, and with each that comes. */
  onStarted(hear: (started: VisitStarted) => void): void;
  /** Call `hear` whenever this tab shows another page without a reload; the server has been told already. */
  onMoved(hear: () => void): void;
  /** Ask anew how things stand. */
  again(): unknown;
}

/**
 * Return this tab's page as the contract wants it; the fragment never leaves the browser. From its address and the
 * referrer the server knows the campaign.
 */
export const readPage = (): Page => ({
  url: location.href.replace(/#.*/s, '').slice(0, 2048),
  title: document.title.slice(0, 512),
  referrer: document.referrer.slice(0, 2048),
});

const AGAIN_MS = 3000;

export function createVisit(link: Link, keep: Keep): Visit {
  const hearers: ((started: VisitStarted) => void)[] = [];
  const movers: (() => void)[] = [];
  let last: VisitStarted | undefined;
  let told: string;
  let retry: ReturnType<typeof setTimeout> | undefined;

  function tell<E extends 'visit:start' | 'visit:page'>(event: E) {
    const page = readPage();
    told = page.url;
    return link.ask(event, { page });
  }
  function tellMove() {
    if (last && readPage().url !== told) tell('visit:page').catch(() => {});
  }

  async function start() {
    clearTimeout(retry);
    // Without a connection the next one starts it; anything else is asked again until it is answered.
    if (link.state !== 'online') return;
    try {
      last = await tell('visit:start');
    } catch {
      retry = setTimeout(start, AGAIN_MS);
      return;
    }
    keep.setToken(last.token);
    // An application may have gone on to another page before the answer came.
    tellMove();
    for (const hear of hearers) hear(last);
  }

  link.onState(start);
  watchPages(() => {
    tellMove();
    for (const hear of movers) hear();
  });
  return {
    onStarted(hear) {
      hearers.push(hear);
      if (last) hear(last);
    },
    onMoved: (hear) => void movers.push(hear),
    again: start,
  };
}

const LOOK_MS = 500;

/** Call `moved` when the document shows another page without a reload; a change of the fragment is none. */
function watchPages(moved: () => void): void {
  const { navigation } = window as { navigation?: EventTarget };
  let { url } = readPage();
  const check = () => {
    const now = readPage().url;
    if (now === url) return;
    url = now;
    // The title usually follows the address.
    setTimeout(moved, 50);
  };
  // Where there is no such event the address is looked at: the history is the page's, and nothing of ours is put into it.
  if (navigation) navigation.addEventListener('navigatesuccess', check);
  else setInterval(check, LOOK_MS);
}

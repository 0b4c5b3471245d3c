/**
 * Named events that the page tells us, as rules may watch them; loaded when there is one. Those of the page that is
 * shown are kept, so that a rule which asks for them later, or a server that asks again, is told.
 */
import type { Link } from '../session/link';
import type { Visit } from '../session/visit';
import type { WatchEntry } from '../shared/contracts.gen';
import type { Signal } from './facts';
import type { Sensors } from './sensors';

const MAX_EVENTS = 20;
const NAME = /^[A-Za-z0-9_.:-]{1,64}$/;

export type Events = ReturnType<typeof createEvents>;

export function createEvents(report: (signal: Signal) => void) {
  let watched: readonly WatchEntry[] = [];
  let events: Signal[] = [];
  let sent = new Set<string>();

  function tell(event: Signal) {
    const key = JSON.stringify(event);
    if (sent.has(key) || !watched.some((w) => w.kind === 'event' && w.name === event.name)) return;
    sent.add(key);
    report(event);
  }

  return {
    watch(entries: readonly WatchEntry[]) {
      watched = entries;
      sent = new Set();
      for (const event of events) tell(event);
    },
    /** Another page. */
    begin() {
      events = [];
      sent = new Set();
    },
    /** `data` may hold texts, numbers and yes or no. */
    event(name: unknown, data?: unknown) {
      if (typeof name !== 'string' || !NAME.test(name) || events.length >= MAX_EVENTS) return;
      const found = Object.entries(Object(data))
        .filter(([key, value]) => NAME.test(key) && /^(string|number|boolean)$/.test(typeof value))
        .filter(([, value]) => typeof value !== 'number' || Number.isFinite(value))
        .slice(0, 20)
        .map(([key, value]) => [key, typeof value === 'string' ? value.slice(0, 200) : value]);
      const event: Signal = { kind: 'event', name };
      if (found.length) event.data = Object.fromEntries(found);
      events.push(event);
      tell(event);
    },
  };
}

export function mount(link: Link, visit: Visit, sensors: Sensors): Events {
  const events = createEvents(sensors.report);
  visit.onStarted((started) => events.watch(started.watch as WatchEntry[]));
  link.on('watch:changed', (told) => events.watch(told.watch));
  visit.onMoved(events.begin);
  // Rules may have changed since the visit started.
  events.watch(sensors.watched());
  return events;
}

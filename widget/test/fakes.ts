/** A link without a network: what is asked is answered by the test, what the server tells is said by the test. */
import { signal } from '@preact/signals-core';
import type { Keep } from '../src/session/keep';
import type { Link, LinkState, Visit } from '../src/session/live';
import type { VisitorTells, VisitStarted } from '../src/shared/contracts.gen';
import { offer } from './builders';

type Answer = (payload: never) => unknown;

export function fakeLink() {
  const state = signal<LinkState>('online');
  const asked: [event: string, payload: unknown][] = [];
  const notes: string[] = [];
  const answers: Record<string, Answer> = {};
  const hearers = new Map<string, (payload: unknown) => void>();
  const link: Link = {
    state,
    refusal: signal(null),
    leads: () => true,
    async ask(event, payload) {
      asked.push([event, payload]);
      return (await answers[event]?.(payload as never)) as never;
    },
    on: (event, hear) => void hearers.set(event, hear as never),
    note: (name) => void notes.push(name),
    onNote: (name, hear) => void hearers.set(`note:${name}`, hear),
    join() {},
    leave() {},
    kick() {},
  };
  return {
    link,
    state,
    asked,
    notes,
    answers,
    /** Another tab says something. */
    hearNote: (name: string, data: unknown) => hearers.get(`note:${name}`)?.(data),
    tell: <E extends keyof VisitorTells>(event: E, payload: VisitorTells[E]) => hearers.get(event)?.(payload),
    askedFor: (event: string) => asked.filter(([name]) => name === event).map(([, payload]) => payload),
  };
}

export function fakeVisit() {
  const started = signal<VisitStarted | null>(null);
  const hearers: ((started: VisitStarted) => void)[] = [];
  const movers: (() => void)[] = [];
  const visit: Visit = {
    started,
    onStarted(hear) {
      hearers.push(hear);
      if (started.value) hear(started.value);
    },
    onMoved: (hear) => void movers.push(hear),
    again() {},
  };
  return {
    visit,
    /** Another page without a reload. */
    move() {
      for (const hear of movers) hear();
    },
    start(over: Partial<VisitStarted> = {}) {
      const answer = {
        token: 't',
        visitorId: 'v1',
        visitId: 'visit1',
        site: {},
        conversation: null,
        lastSeq: 0,
        watch: [],
        callback: offer(),
        openCallback: null,
        ...over,
      } as unknown as VisitStarted;
      started.value = answer;
      for (const hear of hearers) hear(answer);
    },
  };
}

export function fakeKeep(): Keep & { allowed: boolean } {
  return {
    allowed: false,
    token: () => null,
    isAllowed() {
      return this.allowed;
    },
    setToken() {},
    allow() {
      this.allowed = true;
    },
    stay() {},
    forget() {
      this.allowed = false;
    },
  };
}

/** Let everything that was already decided happen. */
export const settled = async () => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
};

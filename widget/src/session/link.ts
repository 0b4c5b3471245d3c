/**
 * One connection for all tabs of a visitor. The tab that holds the Web Lock owns the socket; the others ask through
 * it over a BroadcastChannel and hear what it hears: that is in seldom.ts, which is loaded once there is another tab.
 * Where the two APIs are missing every tab connects for itself, which is safe: messages and requests carry ids that
 * make a repeat harmless.
 *
 * On pagehide the channel, the lock and the socket go, or the page could not be kept for the back button; on
 * pageshow the tab joins again.
 */
import type { VisitorAsks, VisitorTells } from '../shared/contracts.gen';
import { Failed } from '../shared/failure';
import type { Socket, SocketOptions } from '../shared/socket';
import type { Keep } from './keep';
import type { Seldom } from './seldom';

export type LinkState = 'connecting' | 'online' | 'offline' | 'refused';
export type Wire = Pick<SocketOptions, 'onUp' | 'onDown' | 'onTold' | 'onRefused' | 'onOpenFailed'>;

export interface Link {
  readonly state: LinkState;
  /** Why the server refuses us; null unless the state is `refused`. */
  readonly refusal: Failed | null;
  /** Call `hear` after every change of the state. */
  onState(hear: () => void): void;
  /** Whether this tab owns the connection. */
  leads(): boolean;
  ask<E extends keyof VisitorAsks>(
    event: E,
    payload: VisitorAsks[E]['payload'],
    timeoutMs?: number,
  ): Promise<VisitorAsks[E]['reply']>;
  on<E extends keyof VisitorTells>(event: E, hear: (payload: VisitorTells[E]) => void): void;
  /** Say something to the other tabs of this visitor; not by a name of tabs.ts. */
  note(name: string, data?: unknown): void;
  onNote(name: string, hear: (data: unknown) => void): void;
  join(): void;
  leave(): void;
  /** The network or the page came back: do not wait any longer. */
  kick(): void;
}

export interface LinkOptions {
  siteKey: string;
  keep: Pick<Keep, 'setToken'>;
  newId(): string;
  random(): number;
  createSocket(wire: Wire): Socket;
  /** The official client, for networks without WebSockets. */
  createFallback(wire: Wire): Promise<Socket>;
  loadSeldom(): Promise<typeof import('./seldom')>;
  /** This client is too old for the server. */
  reload(): void;
  locks: LockManager | undefined;
  channel(name: string): BroadcastChannel;
}

/** What seldom.ts works on. */
export interface Core extends LinkOptions {
  /** Of the lock and the channel. */
  name: string;
  wire: Wire;
  now(): { state: LinkState; socket: Socket | undefined; channel: BroadcastChannel | undefined };
  Failed: typeof Failed;
  /** Say it to the other tabs. */
  say(what: string, data?: unknown): void;
  /** Tell it to this tab. */
  hear(what: string, data?: unknown): void;
  turn(state: LinkState, refusal?: Failed): void;
  /** Own the connection until the lock is lost. */
  lead(): Promise<void>;
  /** The lock could not be had or was lost: let another tab own the connection, if that is why. */
  yield(error?: Error): void;
  /** Go on with another socket. */
  change(next: Socket): void;
  leave(): void;
}

const FAILED_OPENS = 3;

export function createLink(options: LinkOptions): Link {
  const { locks } = options;
  // Tabs that speak another version of what is said here keep to themselves.
  const name = `ringback:${options.siteKey}:2`;
  const hearers: Record<string, ((payload: never) => void)[]> = Object.create(null);
  let state: LinkState = 'connecting';
  let refusal: Failed | null = null;
  let channel: BroadcastChannel | undefined;
  let socket: Socket | undefined;
  let release: (() => void) | undefined;
  let seldom: Promise<Seldom> | undefined;

  const say = (what: string, data?: unknown) => channel?.postMessage([what, data]);
  const hear = (what: string, data?: unknown) => {
    for (const hearer of hearers[what] ?? []) hearer(data as never);
  };
  const on = (what: string, hearer: (data: never) => void) => {
    hearers[what] = [...(hearers[what] ?? []), hearer];
  };

  function turn(next: LinkState, why: Failed | null = null) {
    if (socket) say('state', next);
    if (next === state) return;
    state = next;
    refusal = why;
    hear('turned');
  }

  const wire: Wire = {
    onUp: () => turn('online'),
    onDown: () => turn('offline'),
    onTold(event, payload) {
      if (event === 'server:draining')
        return socket?.pause((payload as VisitorTells['server:draining']).retryInMs);
      hear(event, payload);
      say(event, payload);
    },
    onRefused: (error) => use((s) => s.refused(error)),
    onOpenFailed(inARow) {
      turn('offline');
      if (inARow % FAILED_OPENS === 0) use((s) => s.fallBack());
    },
  };

  function lead() {
    socket = options.createSocket(wire);
    turn('connecting');
    socket.open();
    return new Promise<void>((done) => {
      release = done;
    });
  }

  function resign() {
    socket?.close();
    socket = undefined;
    release?.();
  }

  function use(act: (seldom: Seldom) => void, otherwise?: () => void): void {
    const now = () => ({ state, socket, channel });
    const change: Core['change'] = (next) => {
      socket?.close();
      socket = next;
      socket.open();
    };
    seldom ??= options.loadSeldom().then(({ createSeldom }) =>
      createSeldom({
        ...options,
        name,
        wire,
        now,
        Failed,
        say,
        hear,
        turn,
        lead,
        yield: give,
        change,
        leave,
      }),
    );
    seldom.then(act, () => {
      seldom = undefined;
      otherwise?.();
    });
  }

  function give(error?: Error) {
    resign();
    // A page that may not have locks, or has no words for the other tabs, connects for itself.
    const alone = () => void (channel && !socket && lead());
    if (error && error.name !== 'AbortError') alone();
    else use((s) => s.follow(), alone);
  }

  function leave() {
    if (socket) say('bye');
    // Closed before the socket is: the others are to hear of a leave, not of a lost connection.
    channel?.close();
    channel = undefined;
    resign();
    turn('connecting');
    seldom?.then((s) => s.leave());
  }

  return {
    get state() {
      return state;
    },
    get refusal() {
      return refusal;
    },
    onState: (hearer) => on('turned', hearer),
    leads: () => !!socket,
    ask: (async (event: string, payload: unknown, timeoutMs?: number) => {
      if (socket) return socket.ask(event, payload, timeoutMs);
      if (!channel || !seldom) throw new Failed('connection_lost');
      return (await seldom).ask(event, payload, timeoutMs);
    }) as Link['ask'],
    on,
    note: say,
    onNote: on,
    join() {
      if (channel || socket) return;
      const mine = locks && options.channel(name);
      channel = mine;
      if (!mine) return void lead();
      mine.onmessage = ({ data }) => use((s) => s.listen(data));
      locks
        ?.request(name, { ifAvailable: true }, (lock) => {
          if (channel === mine) return lock ? lead() : give();
        })
        // Another tab took it while this one was asleep.
        .catch(give);
    },
    leave,
    kick() {
      if (socket) socket.kick();
      else say('kick');
    },
  };
}

/**
 * One connection for all tabs of a visitor. The tab that holds the Web Lock owns the socket; the others ask through
 * it over a BroadcastChannel and hear what it hears. Where the two APIs are missing every tab connects for itself,
 * which is safe: messages and requests carry ids that make a repeat harmless.
 *
 * On pagehide the channel, the lock and the socket go, or the page could not be kept for the back button; on
 * pageshow the tab joins again.
 */
import { type ReadonlySignal, signal } from '@preact/signals-core';
import type { VisitorAsks, VisitorTells } from '../shared/contracts.gen';
import { AskError, toAskError } from '../shared/failure';
import type { Socket, SocketOptions } from '../shared/socket';

export type LinkState = 'connecting' | 'online' | 'offline' | 'refused';
type Wire = Pick<SocketOptions, 'onUp' | 'onDown' | 'onTold' | 'onRefused' | 'onOpenFailed'>;

export interface Link {
  readonly state: ReadonlySignal<LinkState>;
  /** Why the server refuses us; null unless the state is `refused`. */
  readonly refusal: ReadonlySignal<AskError | null>;
  /** Whether this tab owns the connection. */
  leads(): boolean;
  ask<E extends keyof VisitorAsks>(
    event: E,
    payload: VisitorAsks[E]['payload'],
    timeoutMs?: number,
  ): Promise<VisitorAsks[E]['reply']>;
  on<E extends keyof VisitorTells>(event: E, hear: (payload: VisitorTells[E]) => void): void;
  /** Say something to the other tabs of this visitor. */
  note(name: string, data?: unknown): void;
  onNote(name: string, hear: (data: unknown) => void): void;
  join(): void;
  leave(): void;
  /** The network or the page came back: do not wait any longer. */
  kick(): void;
}

type Spoken =
  | { t: 'hello' }
  | { t: 'bye' }
  | { t: 'state'; state: LinkState }
  | { t: 'told'; event: string; payload: unknown }
  | { t: 'ask'; id: string; event: string; payload: unknown; timeoutMs: number | undefined }
  | { t: 'got'; id: string }
  | { t: 'reply'; id: string; data?: unknown; code?: string; details?: Record<string, unknown> }
  | { t: 'kick' }
  | { t: 'note'; name: string; data: unknown };

export interface LinkOptions {
  siteKey: string;
  newId(): string;
  random(): number;
  createSocket(wire: Wire): Socket;
  /** The official client, for networks without WebSockets. Loaded after three failed opens in a row. */
  createFallback(wire: Wire): Promise<Socket>;
  /** Decide what a refusal means; true to try again. */
  onRefused(error: AskError): boolean;
  locks: LockManager | undefined;
  channel: (() => BroadcastChannel) | undefined;
}

const FAILED_OPENS = 3;
/**
 * A tab that owns the connection answers at once; one that does not is asleep or gone. Its lock is taken then, because
 * a browser may go on waiting for it: Chromium 156 sometimes grants a released lock to a page in its back/forward cache.
 */
const LEADER_ANSWERS_MS = 3000;

export function createLink(options: LinkOptions): Link {
  const name = `ringback:${options.siteKey}`;
  const state = signal<LinkState>('connecting');
  const refusal = signal<AskError | null>(null);
  const hearers = new Map<string, ((payload: never) => void)[]>();
  const waiting = new Map<string, { got(): void; done(reply: Extract<Spoken, { t: 'reply' }>): void }>();
  let channel: BroadcastChannel | undefined;
  let socket: Socket | undefined;
  let release: (() => void) | undefined;
  let queue: AbortController | undefined;
  let fallen = false;
  let silence: ReturnType<typeof setTimeout> | undefined;

  const say = (spoken: Spoken) => channel?.postMessage(spoken);
  const hear = (key: string, payload: unknown) => {
    for (const hearer of hearers.get(key) ?? []) hearer(payload as never);
  };
  const subscribe = (key: string, hearer: (payload: never) => void) => {
    hearers.set(key, [...(hearers.get(key) ?? []), hearer]);
  };
  const turn = (next: LinkState) => {
    state.value = next;
    if (socket) say({ t: 'state', state: next });
  };

  const wire: Wire = {
    onUp() {
      refusal.value = null;
      turn('online');
    },
    onDown: () => turn('offline'),
    onTold(event, payload) {
      if (event === 'server:draining') {
        return socket?.pause((payload as VisitorTells['server:draining']).retryInMs);
      }
      hear(event, payload);
      say({ t: 'told', event, payload });
    },
    onRefused(error) {
      const again = options.onRefused(error);
      refusal.value = again ? null : error;
      turn(again ? 'connecting' : 'refused');
      return again;
    },
    onOpenFailed(inARow) {
      turn('offline');
      if (inARow >= FAILED_OPENS && !fallen && navigator.onLine) fallBack();
    },
  };

  function fallBack() {
    fallen = true;
    options.createFallback(wire).then(
      (other) => {
        if (!socket) return;
        socket.close();
        socket = other;
        socket.open();
      },
      () => {
        fallen = false;
      },
    );
  }

  function lead() {
    socket = options.createSocket(wire);
    fallen = false;
    turn('connecting');
    socket.open();
    return new Promise<void>((done) => {
      release = done;
    });
  }

  /** Some tab has to say that it owns the connection, or this one takes it; not all tabs at the same moment. */
  function expectLeader() {
    clearTimeout(silence);
    silence = setTimeout(
      () => {
        if (channel && !socket) stand(true);
      },
      LEADER_ANSWERS_MS * (1 + options.random()),
    );
  }

  function resign() {
    socket?.close();
    socket = undefined;
    release?.();
    release = undefined;
  }

  /** Wait in line for the lock; `steal` takes it from a tab that is asleep. */
  function stand(steal: boolean) {
    if (!options.locks || !channel) return void lead();
    queue?.abort();
    const mine = new AbortController();
    queue = mine;
    options.locks.request(name, steal ? { steal } : { signal: mine.signal }, lead).catch(() => {
      // Aborted by leave(), or another tab stole the lock while we slept: it leads now, we stand in line again.
      if (queue !== mine || mine.signal.aborted) return;
      resign();
      stand(false);
      say({ t: 'hello' });
    });
  }

  async function answer(asked: Extract<Spoken, { t: 'ask' }>) {
    if (!socket) return;
    say({ t: 'got', id: asked.id });
    try {
      const data = await socket.ask(asked.event, asked.payload, asked.timeoutMs);
      say({ t: 'reply', id: asked.id, data });
    } catch (error) {
      const { code, details } = toAskError(error);
      say({ t: 'reply', id: asked.id, code, details });
    }
  }

  function listen(spoken: Spoken) {
    switch (spoken.t) {
      case 'hello':
        if (socket) say({ t: 'state', state: state.value });
        break;
      case 'bye':
        state.value = 'connecting';
        expectLeader();
        break;
      case 'state':
        clearTimeout(silence);
        if (!socket) state.value = spoken.state;
        break;
      case 'told':
        hear(spoken.event, spoken.payload);
        break;
      case 'ask':
        void answer(spoken);
        break;
      case 'got':
        waiting.get(spoken.id)?.got();
        break;
      case 'reply':
        waiting.get(spoken.id)?.done(spoken);
        break;
      case 'kick':
        socket?.kick();
        break;
      case 'note':
        hear(`note:${spoken.name}`, spoken.data);
    }
  }

  function askLeader(event: string, payload: unknown, timeoutMs = 10_000): Promise<unknown> {
    if (!channel) return Promise.reject(new AskError('connection_lost'));
    const id = options.newId();
    return new Promise((resolve, reject) => {
      const finish = (error?: AskError) => {
        clearTimeout(asleep);
        clearTimeout(late);
        waiting.delete(id);
        if (error) reject(error);
      };
      const asleep = setTimeout(() => {
        finish(new AskError('connection_lost'));
        stand(true);
      }, LEADER_ANSWERS_MS);
      const late = setTimeout(() => finish(new AskError('timed_out')), timeoutMs + LEADER_ANSWERS_MS);
      waiting.set(id, {
        got: () => clearTimeout(asleep),
        done(reply) {
          finish(reply.code ? new AskError(reply.code, reply.details) : undefined);
          if (!reply.code) resolve(reply.data);
        },
      });
      say({ t: 'ask', id, event, payload, timeoutMs });
    });
  }

  return {
    state,
    refusal,
    leads: () => !!socket,
    ask: ((event: string, payload: unknown, timeoutMs?: number) =>
      socket ? socket.ask(event, payload, timeoutMs) : askLeader(event, payload, timeoutMs)) as Link['ask'],
    on: (event, hearer) => subscribe(event, hearer),
    note: (noteName, data) => say({ t: 'note', name: noteName, data }),
    onNote: (noteName, hearer) => subscribe(`note:${noteName}`, hearer),
    join() {
      if (channel || socket) return;
      if (options.locks && options.channel) {
        channel = options.channel();
        channel.onmessage = ({ data }) => listen(data as Spoken);
        say({ t: 'hello' });
        expectLeader();
      }
      stand(false);
    },
    leave() {
      clearTimeout(silence);
      queue?.abort();
      queue = undefined;
      if (socket) say({ t: 'bye' });
      // Closed before the socket is: the others are to hear of a leave, not of a lost connection.
      channel?.close();
      channel = undefined;
      resign();
      state.value = 'connecting';
      for (const asked of [...waiting.values()]) asked.done({ t: 'reply', id: '', code: 'connection_lost' });
    },
    kick() {
      if (socket) socket.kick();
      else say({ t: 'kick' });
    },
  };
}

// The socket as the console sees it: ask and get an answer or an AskError, hear events, know whether we are connected.
import { type ReadonlySignal, signal } from '@preact/signals';
import { io } from 'socket.io-client';
import {
  type ConsoleAsks,
  type ConsoleTells,
  type ErrorBody,
  PROTOCOL,
} from '../../../widget/src/shared/contracts.gen';
import { AskError } from '../../../widget/src/shared/errors';

export type LinkState = 'connecting' | 'online' | 'offline';

export interface Link {
  readonly state: ReadonlySignal<LinkState>;
  /** Resolves with the reply's data. Rejects with an AskError; `timed_out` or `connection_lost` when no answer came. */
  ask<E extends keyof ConsoleAsks>(
    event: E,
    payload: ConsoleAsks[E]['payload'],
  ): Promise<ConsoleAsks[E]['reply']>;
  on<E extends keyof ConsoleTells>(event: E, listener: (told: ConsoleTells[E]) => void): void;
  /** After every connect, the first one too. */
  onConnect(listener: () => void): void;
  /** The server refuses the connection for good (session over, client too old). */
  onRefused(listener: (error: ErrorBody) => void): void;
  open(): void;
  close(): void;
}

const ANSWER_MS = 10_000;
const FINAL = new Set(['unauthenticated', 'session_expired', 'client_too_old', 'forbidden', 'cross_origin']);

export function socketLink(url = '/console'): Link {
  const state = signal<LinkState>('connecting');
  const socket = io(url, {
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    autoConnect: false,
    auth: { protocol: PROTOCOL },
    withCredentials: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5_000,
    randomizationFactor: 0.5,
  });
  const refused: ((error: ErrorBody) => void)[] = [];
  let wanted = false;
  let again: ReturnType<typeof setTimeout> | undefined;

  const reopen = (inMs: number) => {
    clearTimeout(again);
    again = setTimeout(() => wanted && socket.connect(), inMs);
  };
  socket.on('connect', () => {
    state.value = 'online';
  });
  socket.on('disconnect', (reason) => {
    state.value = 'offline';
    // After these two socket.io does not come back by itself.
    if (wanted && (reason === 'io server disconnect' || reason === 'io client disconnect')) reopen(500);
  });
  socket.on('connect_error', (error: Error & { data?: unknown }) => {
    state.value = 'offline';
    const body = errorBodyOf(error);
    if (body && FINAL.has(body.code)) {
      wanted = false;
      for (const listener of refused) listener(body);
    } else if (!socket.active) reopen(2_000 + Math.random() * 3_000);
  });
  socket.on('server:draining', (told: { retryInMs?: number }) => {
    reopen(told?.retryInMs ?? 1_000);
  });
  /** Try at once: connect() alone would wait for the rest of a backoff. */
  const kick = () => {
    if (wanted && !socket.connected) socket.disconnect().connect();
  };
  addEventListener('online', kick);
  addEventListener('pageshow', kick);
  addEventListener('visibilitychange', () => document.visibilityState === 'visible' && kick());

  return {
    state,
    async ask(event, payload) {
      if (!socket.connected) throw new AskError('connection_lost');
      let reply: { ok?: boolean; data?: unknown; error?: ErrorBody };
      try {
        reply = await socket.timeout(ANSWER_MS).emitWithAck(event, payload);
      } catch {
        // A connection that does not answer may be dead without knowing it (a laptop that slept): make a new one.
        if (socket.connected) socket.io.engine.close();
        throw new AskError('timed_out');
      }
      if (reply?.ok) return reply.data as never;
      throw new AskError(reply?.error?.code ?? 'internal_error', reply?.error?.details);
    },
    on(event, listener) {
      socket.on(event as string, listener as (told: unknown) => void);
    },
    onConnect(listener) {
      socket.on('connect', listener);
    },
    onRefused(listener) {
      refused.push(listener);
    },
    open() {
      wanted = true;
      socket.connect();
    },
    close() {
      wanted = false;
      clearTimeout(again);
      socket.disconnect();
    },
  };
}

/** The code of a refused connect, wherever the server put it: in the error's data or as its message. */
function errorBodyOf(error: Error & { data?: unknown }): ErrorBody | null {
  const data = error.data as (Partial<ErrorBody> & { error?: ErrorBody }) | undefined;
  if (data?.error?.code) return { code: data.error.code, details: data.error.details ?? {} };
  if (data?.code) return { code: data.code, details: data.details ?? {} };
  return /^[a-z_]+$/.test(error.message) ? { code: error.message, details: {} } : null;
}

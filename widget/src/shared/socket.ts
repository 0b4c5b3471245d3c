/**
 * A Socket.IO v5 / Engine.IO v4 client in 1 kB: WebSocket, text frames, one namespace, acknowledgements, watchdog,
 * full-jitter backoff. What it does not have (polling, binary, several namespaces) the official client has; a
 * conformance test runs both against the same server, and the widget falls back to it where WebSockets do not open.
 *
 * Engine.IO packets: 0 open, 1 close, 2 ping, 3 pong, 4 message. Socket.IO: 0 connect, 1 disconnect, 2 event, 3 ack,
 * 4 connect error.
 */
import { AskError } from './failure';

export interface SocketOptions {
  /** http(s) or ws(s) address of the endpoint, with its query: "https://host/socket.io/?site=KEY". */
  url: string;
  /** "/visitor" */
  namespace: string;
  /** Asked at every connect. */
  auth(): object;
  onUp(): void;
  /** The connection is gone; whatever was asked and not answered has been rejected with `connection_lost`. */
  onDown(): void;
  onTold(event: string, payload: unknown): void;
  /** The server refused us. Return true to try again after the usual wait, false to stay away. */
  onRefused(error: AskError): boolean;
  /** A connection never opened, `inARow` times by now. */
  onOpenFailed?(inARow: number): void;
  random?(): number;
}

export interface Socket {
  readonly isUp: boolean;
  open(): void;
  close(): void;
  /** Try now instead of at the end of the wait: the network or the page came back. */
  kick(): void;
  /** Close, and open again after `ms` milliseconds. */
  pause(ms: number): void;
  /**
   * Ask and wait for the acknowledgement.
   *
   * @throws AskError with the server's code, `connection_lost` when not connected, `timed_out` after `timeoutMs`
   */
  ask(event: string, payload: unknown, timeoutMs?: number): Promise<unknown>;
}

export const FIRST_WAIT_MS = 500;
export const LONGEST_WAIT_MS = 30_000;
const OPEN_MS = 20_000;

/** Milliseconds before try number `tries` (from 0): anywhere below 0.5 s doubled each time, at most 30 s. */
export const waitMs = (tries: number, random: () => number): number =>
  random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 10));

/** Return the data of an acknowledgement `{ok, data | error}`. */
export function unwrap(reply: unknown): unknown {
  const r = reply as { ok?: boolean; data?: unknown; error?: { code: string; details?: object } } | undefined;
  if (r?.ok) return r.data;
  throw new AskError(r?.error?.code ?? 'internal_error', { ...r?.error?.details });
}

/** Return the refusal inside a connect error `{message, data?}`. */
export function refusal(body: unknown): AskError {
  const b = body as { message?: string; data?: { code?: string; details?: object } } | undefined;
  return new AskError(b?.data?.code ?? b?.message ?? 'internal_error', { ...b?.data?.details });
}

export function createSocket(options: SocketOptions): Socket {
  const { namespace, random = Math.random } = options;
  const prefix = `${namespace},`;
  const asked = new Map<number, (error: AskError | null, reply?: unknown) => void>();
  let ws: WebSocket | undefined;
  let lastId = 0;
  let tries = 0;
  let failed = 0;
  let up = false;
  let heardAt = 0;
  let silenceMs = OPEN_MS;
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const heard = () => {
    heardAt++;
    clearTimeout(watchdog);
    watchdog = setTimeout(drop, silenceMs);
  };

  const forget = () => {
    clearTimeout(watchdog);
    clearTimeout(timer);
    const old = ws;
    ws = undefined;
    old?.close();
    for (const answer of asked.values()) answer(new AskError('connection_lost'));
    asked.clear();
    if (up) {
      up = false;
      options.onDown();
    }
  };

  const openIn = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(open, ms);
  };

  /** The connection is no good any more: leave it and come back after the wait. */
  function drop() {
    const opened = up;
    forget();
    openIn(waitMs(tries++, random));
    if (!opened) options.onOpenFailed?.(++failed);
  }

  const message = (data: string) => {
    const [, kind, id, body] = /^(\d)(?:\/[^,]*,)?(\d*)(.*)$/s.exec(data) ?? [];
    const value = body ? JSON.parse(body) : undefined;
    if (kind === '0') {
      up = true;
      tries = failed = 0;
      options.onUp();
    } else if (kind === '2') {
      if (id) ws?.send(`43${prefix}${id}[]`);
      options.onTold(value[0], value[1]);
    } else if (kind === '3') {
      const answer = asked.get(Number(id));
      asked.delete(Number(id));
      answer?.(null, value[0]);
    } else if (kind === '4') {
      failed = 0;
      const again = options.onRefused(refusal(value));
      if (!ws) return;
      forget();
      if (again) openIn(waitMs(tries++, random));
    } else if (kind === '1') drop();
  };

  function open() {
    clearTimeout(timer);
    if (ws) return;
    let socket: WebSocket;
    try {
      const query = `${options.url.includes('?') ? '&' : '?'}EIO=4&transport=websocket`;
      socket = new WebSocket(options.url.replace(/^http/, 'ws') + query);
    } catch {
      // A policy of the page may forbid the connection at once.
      ws = undefined;
      return drop();
    }
    ws = socket;
    silenceMs = OPEN_MS;
    heard();
    socket.onclose = () => {
      if (ws === socket) drop();
    };
    socket.onmessage = ({ data }) => {
      if (ws !== socket) return;
      heard();
      const rest = String(data).slice(1);
      if (data[0] === '2') socket.send('3');
      else if (data[0] === '0') {
        const opened = JSON.parse(rest);
        silenceMs = opened.pingInterval + opened.pingTimeout;
        heard();
        socket.send(`40${prefix}${JSON.stringify(options.auth())}`);
      } else if (data[0] === '1') drop();
      else if (data[0] === '4') message(rest);
    };
  }

  return {
    get isUp() {
      return up;
    },
    open,
    close: forget,
    kick() {
      if (!ws) open();
    },
    pause(ms) {
      forget();
      openIn(ms);
    },
    ask(event, payload, timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        if (!up || !ws) return reject(new AskError('connection_lost'));
        const id = lastId++;
        const heardBefore = heardAt;
        const timeout = setTimeout(() => {
          asked.delete(id);
          reject(new AskError('timed_out'));
          // Nothing at all came since: the connection is half open, as after sleep or a change of network.
          if (heardAt === heardBefore) drop();
        }, timeoutMs);
        asked.set(id, (error, reply) => {
          clearTimeout(timeout);
          if (error) return reject(error);
          try {
            resolve(unwrap(reply));
          } catch (refused) {
            reject(refused);
          }
        });
        ws.send(`42${prefix}${id}${JSON.stringify([event, payload])}`);
      });
    },
  };
}

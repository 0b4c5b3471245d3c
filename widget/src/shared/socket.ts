/**
 * A Socket.IO v5 / Engine.IO v4 client in 1 kB: WebSocket, text frames, one namespace, acknowledgements, watchdog,
 * full-jitter backoff. What it does not have (polling, binary, several namespaces) the official client has; a
 * conformance test runs both against the same server, and the widget falls back to it where WebSockets do not open.
 *
 * Engine.IO packets: 0 open, 1 close, 2 ping, 3 pong, 4 message. Socket.IO: 0 connect, 1 disconnect, 2 event, 3 ack,
 * 4 connect error.
 */
import { Failed, type Failure } from './failure';

export interface SocketOptions {
  /** http(s) or ws(s) address of the endpoint, with a query: "https://host/socket.io/?site=KEY". */
  url: string;
  /** "/visitor" */
  namespace: string;
  /** Asked at every connect. */
  auth(): object;
  onUp(): void;
  /** The connection is gone; whatever was asked and not answered has been rejected with `connection_lost`. */
  onDown(): void;
  onTold(event: string, payload: unknown): void;
  /** The server refused us. We stay away, unless `retry` is called. */
  onRefused(error: Failed): void;
  /** A connection never opened, `inARow` times by now. */
  onOpenFailed?(inARow: number): void;
  random?(): number;
}

export interface Socket {
  open(): void;
  close(): void;
  /** Try now instead of at the end of the wait: the network or the page came back. */
  kick(): void;
  /** Close, and open again after `ms` milliseconds. */
  pause(ms: number): void;
  /** Open again after the usual wait. */
  retry(): void;
  /**
   * Ask and wait for the acknowledgement.
   *
   * @throws Failed with the server's code, `connection_lost` when not connected, `timed_out` after `timeoutMs`
   */
  ask(event: string, payload: unknown, timeoutMs?: number): Promise<unknown>;
}

export const FIRST_WAIT_MS = 500;
export const LONGEST_WAIT_MS = 30_000;
const OPEN_MS = 20_000;

/** Milliseconds before try number `tries` (from 0): anywhere below 0.5 s doubled each time, at most 30 s. */
export const waitMs = (tries: number, random: () => number): number =>
  random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);

/** An acknowledgement. */
export interface Reply {
  ok?: boolean;
  data?: unknown;
  error?: Partial<Failure>;
}

/** Return the error of an answer that is none. */
export const errorOf = (error: Partial<Failure> | undefined, otherwise = 'internal_error'): Failed =>
  new Failed(error?.code ?? otherwise, error?.details);

/** Return the refusal inside a connect error `{message, data?}`. */
export const refusal = ({ message, data }: { message?: string; data?: Partial<Failure> }): Failed =>
  errorOf(data, message);

export function createSocket(options: SocketOptions): Socket {
  const { namespace, random = Math.random } = options;
  const asked = new Map<string, (reply?: Reply) => void>();
  let ws: WebSocket | undefined;
  let lastId = 0;
  let tries = 0;
  let failed = 0;
  let isUp = false;
  let heardCount = 0;
  let silenceMs = OPEN_MS;
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const send = (type: string, body: unknown) => ws?.send(`4${type}${JSON.stringify(body)}`);

  const heard = () => {
    heardCount++;
    clearTimeout(watchdog);
    watchdog = setTimeout(drop, silenceMs);
  };

  const forget = () => {
    clearTimeout(watchdog);
    clearTimeout(timer);
    const old = ws;
    ws = undefined;
    old?.close();
    for (const answer of asked.values()) answer({ error: { code: 'connection_lost' } });
    if (isUp) {
      isUp = false;
      options.onDown();
    }
  };

  const openIn = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(open, ms);
  };
  const retry = () => openIn(waitMs(tries++, random));

  /** The connection is no good any more: leave it and come back after the wait. */
  function drop() {
    const wasUp = isUp;
    forget();
    retry();
    if (!wasUp) options.onOpenFailed?.(++failed);
  }

  function open() {
    clearTimeout(timer);
    if (ws) return;
    let socket: WebSocket;
    try {
      socket = new WebSocket(`${options.url.replace(/^http/, 'ws')}&EIO=4&transport=websocket`);
    } catch {
      // A policy of the page may forbid the connection at once.
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
      const [, kind, id = '', text] = /^(4?\d)(?:\/[^,]*,)?(\d*)(.*)/s.exec(data) ?? [];
      const body = text && JSON.parse(text);
      if (kind === '0') silenceMs = body.pingInterval + body.pingTimeout;
      heard();
      if (kind === '0') send(`0${namespace},`, options.auth());
      else if (kind === '2') socket.send('3');
      else if (kind === '40') {
        isUp = true;
        tries = failed = 0;
        options.onUp();
      } else if (kind === '42') {
        if (id) send(`3${namespace},${id}`, []);
        options.onTold(body[0], body[1]);
      } else if (kind === '43') {
        asked.get(id)?.(body[0]);
      } else if (kind === '44') {
        failed = 0;
        forget();
        options.onRefused(refusal(body));
      } else if (kind === '1' || kind === '41') drop();
    };
  }

  return {
    open,
    close: forget,
    kick() {
      if (!ws) open();
    },
    pause(ms) {
      forget();
      openIn(ms);
    },
    retry,
    ask(event, payload, timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        const id = `${lastId++}`;
        const heardBefore = heardCount;
        const answer = (reply?: Reply) => {
          clearTimeout(timeout);
          asked.delete(id);
          if (reply?.ok) resolve(reply.data);
          else reject(errorOf(reply?.error));
        };
        const timeout = setTimeout(() => {
          answer({ error: { code: 'timed_out' } });
          // Nothing at all came since: the connection is half open, as after sleep or a change of network.
          if (heardCount === heardBefore) drop();
        }, timeoutMs);
        asked.set(id, answer);
        if (isUp) send(`2${namespace},${id}`, [event, payload]);
        else answer({ error: { code: 'connection_lost' } });
      });
    },
  };
}

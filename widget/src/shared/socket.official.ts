/** The official client behind our Socket interface: for networks that let no WebSocket through. Loaded only then. */
import { io } from 'socket.io-client';
import { Failed } from './failure';
import {
  errorOf,
  FIRST_WAIT_MS,
  LONGEST_WAIT_MS,
  type Reply,
  refusal,
  type Socket,
  type SocketOptions,
  waitMs,
} from './socket';

type Transport = 'polling' | 'websocket';

export function createOfficialSocket(
  options: SocketOptions,
  transports: Transport[] = ['polling', 'websocket'],
): Socket {
  const { random = Math.random } = options;
  const url = new URL(options.url);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let tries = 0;
  let failed = 0;
  const socket = io(url.origin.replace(/^ws/, 'http') + options.namespace, {
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    transports,
    auth: (give) => give(options.auth()),
    autoConnect: false,
    forceNew: true,
    reconnectionDelay: FIRST_WAIT_MS,
    reconnectionDelayMax: LONGEST_WAIT_MS,
    randomizationFactor: 1,
  });
  const openIn = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => socket.connect(), ms);
  };
  const retry = () => openIn(waitMs(tries++, random));
  socket.on('connect', () => {
    tries = failed = 0;
    options.onUp();
  });
  socket.on('disconnect', (reason) => {
    options.onDown();
    // After a disconnect by the server this client does not come back by itself.
    if (reason === 'io server disconnect') retry();
  });
  socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
    if (socket.active) return options.onOpenFailed?.(++failed);
    options.onRefused(refusal(error));
  });
  socket.onAny((event, payload) => options.onTold(event, payload));

  return {
    open: () => void socket.connect(),
    close() {
      clearTimeout(timer);
      socket.disconnect();
    },
    kick() {
      if (!socket.connected) socket.disconnect().connect();
    },
    pause(ms) {
      socket.disconnect();
      openIn(ms);
    },
    retry,
    async ask(event, payload, timeoutMs = 10_000) {
      if (!socket.connected) throw new Failed('connection_lost');
      let reply: Reply | undefined;
      try {
        reply = await socket.timeout(timeoutMs).emitWithAck(event, payload);
      } catch {
        throw new Failed(socket.connected ? 'timed_out' : 'connection_lost');
      }
      if (reply?.ok) return reply.data;
      throw errorOf(reply?.error);
    },
  };
}

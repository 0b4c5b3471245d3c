/** Several tabs of a visitor share the connection of one. */
import type { Failed } from '../shared/failure';
import type { Core, LinkState } from './link';

export interface Tabs {
  /** Another tab owns the connection: wait in line for it. */
  follow(): void;
  /** Another tab said something. */
  listen(said: [what: string, data?: unknown]): void;
  /** Ask the server through the tab that owns the connection. */
  ask(event: string, payload: unknown, timeoutMs?: number): Promise<unknown>;
  leave(): void;
}

interface Asked {
  id: string;
  event: string;
  payload: unknown;
  timeoutMs: number | undefined;
}
interface Reply {
  id: string;
  data?: unknown;
  code?: string;
  details?: Record<string, unknown>;
}
/** What tabs say to each other; all else is passed on as it comes: events of the server, and notes. */
interface Spoken {
  hello: undefined;
  bye: undefined;
  kick: undefined;
  state: LinkState;
  ask: Asked;
  /** The owner has the question. */
  got: string;
  reply: Reply;
}

/**
 * A tab that owns the connection answers at once; one that does not is asleep or gone. Its lock is taken then, because
 * a browser may go on waiting for it: Chromium 156 sometimes grants a released lock to a page in its back/forward cache.
 */
const LEADER_ANSWERS_MS = 3000;

export function createTabs(core: Core): Tabs {
  const { now, say, turn } = core;
  const waiting = new Map<string, (reply?: Reply) => void>();
  let queue: AbortController | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;

  /** Wait in line for the lock; `steal` takes it from a tab that is asleep. */
  function stand(steal: boolean) {
    queue?.abort();
    const mine = new AbortController();
    queue = mine;
    core.locks?.request(core.name, steal ? { steal } : { signal: mine.signal }, core.lead).catch((error) => {
      // Aborted by leave(), or another tab stole the lock while we slept: it leads now, we stand in line again.
      if (queue === mine && !mine.signal.aborted) core.yield(error);
    });
  }

  /** Some tab has to say that it owns the connection, or this one takes it; not all tabs at the same moment. */
  function expectLeader() {
    clearTimeout(silence);
    silence = setTimeout(
      () => {
        const { channel, socket } = now();
        if (channel && !socket) stand(true);
      },
      LEADER_ANSWERS_MS * (1 + core.random()),
    );
  }

  const heard: { [What in keyof Spoken]: (data: Spoken[What]) => void } = {
    hello() {
      const { socket, state } = now();
      if (socket) say('state', state);
    },
    state(told) {
      clearTimeout(silence);
      if (!now().socket) turn(told);
    },
    bye() {
      turn('connecting');
      expectLeader();
    },
    kick: () => now().socket?.kick(),
    ask({ id, event, payload, timeoutMs }) {
      const { socket } = now();
      if (!socket) return;
      say('got', id);
      socket.ask(event, payload, timeoutMs).then(
        (data) => say('reply', { id, data }),
        ({ code, details }: Failed) => say('reply', { id, code, details }),
      );
    },
    got: (id) => waiting.get(id)?.(),
    reply: (reply) => waiting.get(reply.id)?.(reply),
  };

  return {
    follow() {
      if (!now().channel) return;
      say('hello');
      expectLeader();
      stand(false);
    },
    listen([what, data]) {
      if (!now().channel) return;
      if (Object.hasOwn(heard, what)) heard[what as keyof Spoken](data as never);
      else core.hear(what, data);
    },
    ask(event, payload, timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        const id = core.newId();
        const fail = (code: string) => answer({ id, code });
        const late = setTimeout(fail, timeoutMs + LEADER_ANSWERS_MS, 'timed_out');
        const asleep = setTimeout(() => {
          fail('connection_lost');
          stand(true);
        }, LEADER_ANSWERS_MS);
        const answer = (reply?: Reply) => {
          clearTimeout(asleep);
          if (!reply) return;
          clearTimeout(late);
          waiting.delete(id);
          if (reply.code) reject(new core.Failed(reply.code, reply.details));
          else resolve(reply.data);
        };
        waiting.set(id, answer);
        if (now().channel) say('ask', { id, event, payload, timeoutMs });
        else fail('connection_lost');
      });
    },
    leave() {
      clearTimeout(silence);
      queue?.abort();
      for (const [id, answer] of waiting) answer({ id, code: 'connection_lost' });
    },
  };
}

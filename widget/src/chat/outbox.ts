/**
 * Messages on their way. What the visitor sent is kept until the server has acknowledged it, over reloads where the
 * browser stores, and goes out in the order it was written, one at a time, with the same id at every try. A refusal
 * that no repeat can change stays visible with its reason; the messages behind it go on.
 */
import { type AskError, toAskError } from '../shared/errors.visitor';

export interface Pending {
  clientMessageId: string;
  text: string;
  createdAtMs: number;
  refusal: { code: string; details: Record<string, unknown> } | null;
  /** It was written just now and may not be in the store yet: a page that closes may take it along. */
  isNew?: boolean;
}

export interface OutboxStore {
  /** Whether all tabs of the visitor see the same store. */
  readonly shared: boolean;
  all(): Promise<Pending[]>;
  put(pending: Pending): Promise<void>;
  remove(clientMessageId: string): Promise<void>;
  clear(): Promise<void>;
}

export interface OutboxOptions {
  store: OutboxStore;
  /** Send one message; resolves when the server has it, throws AskError otherwise. */
  send(pending: Pending): Promise<void>;
  /** Whether this tab is the one that sends; the others only look on. */
  mySend(): boolean;
  onChange(pending: Pending[]): void;
  now(): number;
  random(): number;
  later(ms: number, run: () => void): void;
}

export interface Outbox {
  add(clientMessageId: string, text: string): Promise<void>;
  /** Drop a message that was refused, and return its text. */
  discard(clientMessageId: string): Promise<string>;
  /** Send what waits; call it whenever a connection stands. */
  flush(): void;
  /** Read the store again: another tab changed it. */
  reload(): Promise<void>;
  clear(): Promise<void>;
}

const LONGEST_WAIT_MS = 30_000;

/** Milliseconds before try number `tries` (from 1): 1 s doubled each time, give or take half, at most 30 s. */
export const retryMs = (tries: number, random: () => number): number =>
  Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (tries - 1) * (0.5 + random()));

export function createOutbox(options: OutboxOptions): Outbox {
  const { store } = options;
  let queue: Pending[] = [];
  let isSending = false;
  let tries = 0;
  let isWaiting = false;
  let lastAtMs = 0;

  const show = (next: Pending[]) => {
    queue = [...next].sort((a, b) => a.createdAtMs - b.createdAtMs);
    options.onChange(queue);
  };

  async function refuse(pending: Pending, error: AskError) {
    const refused = { ...pending, isNew: false, refusal: { code: error.code, details: error.details } };
    show(queue.map((p) => (p.clientMessageId === pending.clientMessageId ? refused : p)));
    await store.put(refused);
  }

  async function sendAll() {
    try {
      for (;;) {
        const next = queue.find((p) => !p.refusal);
        if (!next || !options.mySend()) return;
        try {
          await options.send(next);
          tries = 0;
          await store.remove(next.clientMessageId);
          show(queue.filter((p) => p.clientMessageId !== next.clientMessageId));
        } catch (thrown) {
          const error = toAskError(thrown);
          if (error.retry) {
            tries++;
            // Without a connection the next one flushes; the server's own trouble is waited out here.
            if (error.code !== 'connection_lost' && !isWaiting) {
              isWaiting = true;
              const asked = Number(error.details.retryAfterS) * 1000 || 0;
              options.later(Math.max(asked, retryMs(tries, options.random)), () => {
                isWaiting = false;
                flush();
              });
            }
            return;
          }
          await refuse(next, error);
        }
      }
    } finally {
      isSending = false;
    }
  }

  function flush() {
    if (isSending) return;
    isSending = true;
    void sendAll();
  }

  return {
    async add(clientMessageId, text) {
      // Two messages within a millisecond keep their order.
      lastAtMs = Math.max(options.now(), lastAtMs + 1);
      const pending: Pending = { clientMessageId, text, createdAtMs: lastAtMs, refusal: null };
      show([...queue, { ...pending, isNew: true }]);
      await store.put(pending);
      show(queue.map((p) => (p.isNew && p.clientMessageId === clientMessageId ? pending : p)));
      if (!isWaiting) flush();
    },
    async discard(clientMessageId) {
      const text = queue.find((p) => p.clientMessageId === clientMessageId)?.text ?? '';
      show(queue.filter((p) => p.clientMessageId !== clientMessageId));
      await store.remove(clientMessageId);
      return text;
    },
    flush,
    async reload() {
      const known = new Set(queue.filter((p) => !p.isNew).map((p) => p.clientMessageId));
      const stored = await store.all();
      for (const { clientMessageId } of stored) known.add(clientMessageId);
      // What was written meanwhile is not in the store's answer; it is not to be forgotten for that.
      show([...stored, ...queue.filter((p) => !known.has(p.clientMessageId))]);
    },
    async clear() {
      show([]);
      await store.clear();
    },
  };
}

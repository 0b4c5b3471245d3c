import { afterEach, expect, test, vi } from 'vitest';
import { createLink, type Link } from '../src/session/link';
import * as seldom from '../src/session/seldom';
import { PASSES } from '../src/session/trouble';
import { RETRY_CODES } from '../src/shared/contracts.gen';
import { AskError } from '../src/shared/errors.visitor';
import type { Socket, SocketOptions } from '../src/shared/socket';
import { settled } from './fakes';

type Wire = Pick<SocketOptions, 'onUp' | 'onDown' | 'onTold' | 'onRefused' | 'onOpenFailed'>;

/** Locks of one browser: the first in line holds, `steal` takes, an aborted one leaves the line. */
class Locks {
  private holder: { lost(error: Error): void } | undefined;
  private line: (() => void)[] = [];

  request(
    _name: string,
    options: { steal?: boolean; signal?: AbortSignal; ifAvailable?: boolean },
    use: (lock: object | null) => Promise<void> | undefined,
  ) {
    return new Promise<void>((resolve, reject) => {
      const take = () => {
        const me = { lost: reject };
        this.holder = me;
        Promise.resolve(use({})).then(() => {
          if (this.holder === me) {
            this.holder = undefined;
            this.line.shift()?.();
          }
          resolve();
        });
      };
      if (options.steal) {
        this.holder?.lost(new DOMException('stolen', 'AbortError'));
        take();
      } else if (!this.holder) take();
      else if (options.ifAvailable) Promise.resolve(use(null)).then(resolve, reject);
      else {
        this.line.push(take);
        options.signal?.addEventListener('abort', () => {
          this.line = this.line.filter((one) => one !== take);
          reject(new DOMException('aborted', 'AbortError'));
        });
      }
    });
  }
}

/** Channels of one browser; a tab that sleeps hears nothing. */
class Channels {
  private open = new Set<{ onmessage: ((e: { data: unknown }) => void) | null; isAsleep?: boolean }>();

  create = () => {
    const all = this.open;
    const one = {
      onmessage: null as ((e: { data: unknown }) => void) | null,
      postMessage(data: unknown) {
        for (const other of all) {
          if (other !== one && !other.isAsleep)
            queueMicrotask(() => other.onmessage?.({ data: structuredClone(data) }));
        }
      },
      close: () => void all.delete(one),
      isAsleep: false,
    };
    all.add(one);
    return one;
  };
}

interface Tab {
  link: Link;
  /** The wires of the sockets this tab has made, newest last. */
  wires: Wire[];
  asked: string[];
  kicked: number;
  retries: number;
  tokens: (string | null)[];
  reloads: number;
  channel?: ReturnType<Channels['create']>;
}

let ids = 0;
function tab(
  locks: Locks | undefined,
  channels: Channels,
  answer: (event: string) => unknown = (event) => event,
): Tab {
  const made: Tab = {
    link: undefined as never,
    wires: [],
    asked: [],
    kicked: 0,
    retries: 0,
    tokens: [],
    reloads: 0,
  };
  const socket = (wire: Wire): Socket => {
    made.wires.push(wire);
    return {
      open() {},
      close: () => wire.onDown(),
      kick: () => void made.kicked++,
      pause() {},
      retry: () => void made.retries++,
      ask: async (event) => {
        made.asked.push(event);
        return answer(event);
      },
    };
  };
  made.link = createLink({
    siteKey: 'KEY',
    newId: () => `id-${++ids}`,
    random: () => 0,
    createSocket: socket,
    createFallback: async (wire) => socket(wire),
    loadSeldom: async () => seldom,
    keep: { setToken: (token) => void made.tokens.push(token) },
    reload: () => void made.reloads++,
    locks: locks as unknown as LockManager | undefined,
    channel: () => {
      made.channel = channels.create();
      return made.channel as unknown as BroadcastChannel;
    },
  });
  made.link.join();
  return made;
}

afterEach(() => vi.useRealTimers());

async function two() {
  const [locks, channels] = [new Locks(), new Channels()];
  const first = tab(locks, channels);
  first.wires[0]?.onUp();
  const second = tab(locks, channels);
  await settled();
  return { locks, channels, first, second };
}

test('of two tabs one owns the connection, and both are online', async () => {
  const { first, second } = await two();
  expect([first.wires.length, second.wires.length]).toEqual([1, 0]);
  expect([first.link.leads(), second.link.leads()]).toEqual([true, false]);
  expect(second.link.state).toBe('online');
});

test('the other tab asks through the owner and hears what it hears', async () => {
  const { first, second } = await two();
  const heard: unknown[] = [];
  second.link.on('chat:typing', (told) => heard.push(told));
  expect(await second.link.ask('chat:typing', {})).toBe('chat:typing');
  expect(first.asked).toEqual(['chat:typing']);
  first.wires[0]?.onTold('chat:typing', { typing: true });
  await settled();
  expect(heard).toEqual([{ typing: true }]);
});

test("the server's refusal reaches the tab that asked", async () => {
  const [locks, channels] = [new Locks(), new Channels()];
  const first = tab(locks, channels, () => {
    throw new AskError('rate_limited', { retryAfterS: 4 });
  });
  first.wires[0]?.onUp();
  const second = tab(locks, channels);
  await expect(second.link.ask('visit:page', { page: { url: '/' } })).rejects.toMatchObject({
    code: 'rate_limited',
    details: { retryAfterS: 4 },
  });
});

test('when the owner goes, the next tab connects', async () => {
  const { first, second } = await two();
  first.link.leave();
  await settled();
  expect(second.link.leads()).toBe(true);
  expect(second.wires).toHaveLength(1);
});

test('a lock that nobody is given is taken', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { locks, first, second } = await two();
  // As in a browser that gives the released lock to a page it has put to sleep.
  const sleeper = locks.request('ringback:KEY', {}, () => new Promise(() => {}));
  sleeper.catch(() => {});
  (locks as unknown as { line: unknown[] }).line.reverse();
  first.link.leave();
  await settled();
  expect(second.link.leads()).toBe(false);
  vi.advanceTimersByTime(3000);
  await settled();
  expect(second.link.leads()).toBe(true);
});

test('a page that comes back from the cache joins again', async () => {
  const { first, second } = await two();
  first.link.leave();
  await settled();
  second.wires[0]?.onUp();
  first.link.join();
  await settled();
  expect([first.link.leads(), first.link.state]).toEqual([false, 'online']);
});

test('an owner that is asleep loses the connection to the tab that needs it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { first, second } = await two();
  if (first.channel) first.channel.isAsleep = true;
  const asked = second.link.ask('visit:page', { page: { url: '/' } });
  await settled();
  vi.advanceTimersByTime(3000);
  await expect(asked).rejects.toMatchObject({ code: 'connection_lost' });
  await settled();
  expect([first.link.leads(), second.link.leads()]).toEqual([false, true]);
});

test('a browser without locks gives every tab its own connection', async () => {
  const channels = new Channels();
  const [first, second] = [tab(undefined, channels), tab(undefined, channels)];
  expect([first.link.leads(), second.link.leads()]).toEqual([true, true]);
});

test('tabs can talk among themselves', async () => {
  const { first, second } = await two();
  const heard: unknown[] = [];
  first.link.onNote('outbox', (data) => heard.push(data));
  second.link.note('outbox', 7);
  await settled();
  expect(heard).toEqual([7]);
});

test('a kick in any tab wakes the connection', async () => {
  const { first, second } = await two();
  second.link.kick();
  await settled();
  expect(first.kicked).toBe(1);
});

test('after three connections that never opened the official client takes over', async () => {
  Object.defineProperty(globalThis, 'navigator', { value: { onLine: true }, configurable: true });
  const lone = tab(undefined, new Channels());
  for (const inARow of [1, 2, 3, 6]) lone.wires[0]?.onOpenFailed?.(inARow);
  await settled();
  expect(lone.wires).toHaveLength(2);
});

test('a refusal that passes is waited out, and a token that is none is dropped', async () => {
  const lone = tab(undefined, new Channels());
  for (const code of ['draining', 'token_invalid']) lone.wires[0]?.onRefused(new AskError(code));
  await settled();
  expect([lone.retries, lone.tokens, lone.link.state]).toEqual([2, [null], 'connecting']);
  expect(PASSES.filter((code) => !RETRY_CODES.includes(code))).toEqual([]);
});

test('a client that is too old leaves, and is loaded anew', async () => {
  const { first, second } = await two();
  first.wires[0]?.onRefused(new AskError('client_too_old'));
  await settled();
  expect([first.reloads, first.retries, first.link.leads(), second.link.leads()]).toEqual([
    1,
    0,
    false,
    true,
  ]);
});

test('a refusal for good is said, in every tab', async () => {
  const { first, second } = await two();
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  first.wires[0]?.onRefused(new AskError('origin_not_allowed'));
  await settled();
  expect(first.link.refusal?.code).toBe('origin_not_allowed');
  expect([first.link.state, second.link.state]).toEqual(['refused', 'refused']);
});

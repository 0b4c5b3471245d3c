import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import { createOutbox, type Outbox, type OutboxStore, type Pending, retryMs } from '../src/chat/outbox';
import { browserStore, memoryStore } from '../src/chat/outbox.store';
import { AskError } from '../src/shared/errors.visitor';

/** A server that answers as told, a clock that stands, timers that are run by hand. */
function stage(answers: (AskError | 'ok')[], store: OutboxStore = memoryStore()) {
  const sent: string[] = [];
  const timers: { ms: number; run(): void }[] = [];
  const state = { mine: true, pending: [] as Pending[] };
  const outbox: Outbox = createOutbox({
    store,
    async send({ text }) {
      sent.push(text);
      const answer = answers.shift() ?? 'ok';
      if (answer !== 'ok') throw answer;
    },
    mySend: () => state.mine,
    onChange: (pending) => {
      state.pending = pending;
    },
    now: () => 1000,
    random: () => 0.5,
    later: (ms, run) => void timers.push({ ms, run }),
  });
  return { outbox, sent, timers, state };
}

const settled = async () => {
  for (let i = 0; i < 30; i++) await new Promise((resolve) => setImmediate(resolve));
};

test('messages go out in the order they were written, one at a time', async () => {
  const { outbox, sent, state } = stage([]);
  await Promise.all([outbox.add('a', 'one'), outbox.add('b', 'two'), outbox.add('c', 'three')]);
  await settled();
  expect(sent).toEqual(['one', 'two', 'three']);
  expect(state.pending).toEqual([]);
});

test('without a connection everything waits and goes out when it is back', async () => {
  const lost = new AskError('connection_lost');
  const { outbox, sent, state, timers } = stage([lost, lost]);
  await outbox.add('a', 'one');
  await outbox.add('b', 'two');
  await settled();
  expect(state.pending.map((p) => p.text)).toEqual(['one', 'two']);
  expect(timers).toEqual([]);
  outbox.flush();
  await settled();
  expect(sent.slice(-2)).toEqual(['one', 'two']);
  expect(state.pending).toEqual([]);
});

test('a message is not said to wait before it is in the store', async () => {
  const store = memoryStore();
  let write: () => void = () => {};
  const { outbox, state } = stage([], {
    ...store,
    put: async (pending) => {
      await new Promise<void>((resolve) => {
        write = resolve;
      });
      await store.put(pending);
    },
  });
  state.mine = false;
  const added = outbox.add('a', 'one');
  expect(state.pending).toMatchObject([{ text: 'one', isNew: true }]);
  // News of another tab, meanwhile, do not make it so.
  await outbox.reload();
  expect(state.pending).toMatchObject([{ text: 'one', isNew: true }]);
  write();
  await added;
  expect(state.pending[0]?.isNew).toBeFalsy();
  expect(await store.all()).toEqual(state.pending);
});

test("a message written while another tab's news is being read is kept and sent", async () => {
  const store = memoryStore();
  const { outbox, sent, state } = stage([], {
    ...store,
    // The store was read just before the message came in.
    all: async () => {
      const all = await store.all();
      await settled();
      return all;
    },
  });
  await store.put({ clientMessageId: 'a', text: 'other tab', createdAtMs: 1, refusal: null });
  const read = outbox.reload().then(outbox.flush);
  state.mine = false;
  await outbox.add('b', 'mine');
  state.mine = true;
  await read;
  await settled();
  expect(sent).toEqual(['other tab', 'mine']);
  expect(state.pending).toEqual([]);
});

test('what another tab has sent is gone here too after its news', async () => {
  const store = memoryStore();
  const { outbox, state } = stage([], store);
  state.mine = false;
  await outbox.add('a', 'one');
  await store.remove('a');
  await outbox.reload();
  expect(state.pending).toEqual([]);
});

test('a server in trouble is asked again with the same message, after a while', async () => {
  const { outbox, sent, timers } = stage([new AskError('unavailable'), new AskError('unavailable')]);
  await outbox.add('a', 'one');
  await settled();
  expect(timers.map((t) => t.ms)).toEqual([1000]);
  timers[0]?.run();
  await settled();
  expect(timers.map((t) => t.ms)).toEqual([1000, 2000]);
  timers[1]?.run();
  await settled();
  expect(sent).toEqual(['one', 'one', 'one']);
});

test('a limit is waited out as long as the server says', async () => {
  const { outbox, timers } = stage([new AskError('rate_limited', { retryAfterS: 20 })]);
  await outbox.add('a', 'one');
  await settled();
  expect(timers[0]?.ms).toBe(20_000);
});

test('a refusal stays with its reason, and does not hold up what follows', async () => {
  const { outbox, sent, state } = stage([new AskError('message_too_long', { max: 4000 })]);
  await outbox.add('a', 'long');
  await outbox.add('b', 'short');
  await settled();
  expect(sent).toEqual(['long', 'short']);
  expect(state.pending).toMatchObject([{ text: 'long', refusal: { code: 'message_too_long' } }]);
  outbox.flush();
  await settled();
  expect(sent).toEqual(['long', 'short']);
  expect(await outbox.discard('a')).toBe('long');
  expect(state.pending).toEqual([]);
});

test('a tab that does not own the connection shows the message and leaves it to the one that does', async () => {
  const { outbox, sent, state } = stage([]);
  state.mine = false;
  await outbox.add('a', 'one');
  await settled();
  expect(sent).toEqual([]);
  expect(state.pending).toHaveLength(1);
});

test('a message survives the page: the next one sends it', async () => {
  const before = stage([new AskError('connection_lost')], browserStore('survives'));
  await before.outbox.add('a', 'kept');
  await settled();
  const after = stage([], browserStore('survives'));
  await after.outbox.reload();
  after.outbox.flush();
  await settled();
  expect(after.sent).toEqual(['kept']);
  expect(await browserStore('survives').all()).toEqual([]);
});

test('nothing is opened in the browser before the first message', async () => {
  const store = browserStore('untouched');
  stage([], store);
  const names = (await indexedDB.databases()).map((d) => d.name);
  expect(names).not.toContain('untouched');
});

test('where the browser denies storage, memory does', async () => {
  const original = globalThis.indexedDB;
  Object.defineProperty(globalThis, 'indexedDB', { value: undefined, configurable: true });
  const { outbox, sent, state } = stage([new AskError('connection_lost')], browserStore('denied'));
  await outbox.add('a', 'one');
  await settled();
  expect(state.pending).toHaveLength(1);
  outbox.flush();
  await settled();
  Object.defineProperty(globalThis, 'indexedDB', { value: original, configurable: true });
  expect(sent).toEqual(['one', 'one']);
});

test('the wait doubles and never passes half a minute', () => {
  expect([1, 2, 3, 10].map((tries) => retryMs(tries, () => 0.5))).toEqual([1000, 2000, 4000, 30_000]);
});

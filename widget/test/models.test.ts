import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Calls, createCalls } from '../src/callback/model';
import { timesOf } from '../src/callback/slots';
import { type Chat, createChat } from '../src/chat/model';
import { memoryStore } from '../src/chat/outbox.store';
import type { Conversation, SyncReply } from '../src/shared/contracts.gen';
import { AskError } from '../src/shared/errors.visitor';
import { callback, message, offer } from './builders';
import { fakeKeep, fakeLink, fakeVisit, settled } from './fakes';

let net: ReturnType<typeof fakeLink>;
let visits: ReturnType<typeof fakeVisit>;
let keep: ReturnType<typeof fakeKeep>;
let ids = 0;
const newId = () => `id-${++ids}`;

const talk = (lastSeq: number, read = 0): Conversation => ({
  id: 'c1',
  status: 'open',
  assignee: { id: 'p1', name: 'Ana' },
  lastSeq,
  receipts: {
    visitorDeliveredSeq: read,
    visitorReadSeq: read,
    consultantDeliveredSeq: 0,
    consultantReadSeq: 0,
  },
});

beforeEach(() => {
  ids = 0;
  net = fakeLink();
  visits = fakeVisit();
  keep = fakeKeep();
});

describe('the chat', () => {
  let chat: Chat;
  const seqs = () => chat.sequence.value.messages.map((m) => m.seq);
  /** A server with `count` messages that answers at most 200 at a time. */
  const serve = (count: number) => {
    net.answers['chat:sync'] = ({ afterSeq }: { afterSeq: number }): SyncReply => ({
      messages: Array.from({ length: Math.min(200, count - afterSeq) }, (_, i) =>
        message({ seq: afterSeq + i + 1 }),
      ),
      lastSeq: count,
    });
  };
  beforeEach(() => {
    chat = createChat({
      link: net.link,
      visit: visits.visit,
      keep,
      store: memoryStore(),
      newId,
      now: () => 1_700_000_000_000,
      random: () => 0,
    });
  });

  test('nothing may be stored before the first message, and it may from then on', async () => {
    visits.start();
    chat.draft.value = 'Hello';
    chat.typed();
    expect(keep.allowed).toBe(false);
    net.answers['chat:send'] = () => ({ message: message({ seq: 1, clientMessageId: 'id-1' }) });
    chat.send();
    expect(keep.allowed).toBe(true);
    await settled();
    expect(net.askedFor('chat:send')).toEqual([{ clientMessageId: 'id-1', text: 'Hello' }]);
    expect([seqs(), chat.pending.value, chat.draft.value]).toEqual([[1], [], '']);
    expect(net.notes).toContain('outbox');
  });

  test('an emoji counts as one character, as it does at the server', async () => {
    visits.start();
    net.answers['chat:send'] = () => ({ message: message({ seq: 1, clientMessageId: 'id-1' }) });
    chat.draft.value = '🙂'.repeat(4000);
    chat.send();
    await settled();
    expect(net.askedFor('chat:send')).toEqual([{ clientMessageId: 'id-1', text: '🙂'.repeat(4000) }]);
    chat.draft.value = '🙂'.repeat(4001);
    chat.send();
    expect(chat.draft.value).toBe('🙂'.repeat(4001));
  });

  test('an empty draft and one that is too long stay in the field', async () => {
    visits.start();
    for (const text of ['  \n ', 'x'.repeat(4001)]) {
      chat.draft.value = text;
      chat.send();
      await settled();
      expect(chat.draft.value).toBe(text);
    }
    expect(net.asked).toEqual([]);
  });

  test('a conversation is continued where it was, from the number', async () => {
    serve(3);
    visits.start({ conversation: talk(3, 1), lastSeq: 3 });
    await settled();
    expect(seqs()).toEqual([1, 2, 3]);
    expect(chat.unread.value).toBe(2);
    serve(5);
    visits.start({ conversation: talk(5, 1), lastSeq: 5 });
    await settled();
    expect(net.askedFor('chat:sync').at(-1)).toEqual({ afterSeq: 3 });
    expect(seqs()).toEqual([1, 2, 3, 4, 5]);
  });

  test('of a long conversation the end comes first, the beginning on request', async () => {
    serve(450);
    visits.start({ conversation: talk(450, 450), lastSeq: 450 });
    await settled();
    expect([seqs().length, seqs()[0], seqs().at(-1)]).toEqual([100, 351, 450]);
    await chat.loadEarlier();
    expect([seqs()[0], seqs().at(-1)]).toEqual([251, 450]);
  });

  test('a hole is filled from the server', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    serve(1);
    visits.start({ conversation: talk(1, 1), lastSeq: 1 });
    await settled();
    serve(4);
    net.tell('chat:message', { message: message({ seq: 4 }) });
    expect(seqs()).toEqual([1]);
    vi.advanceTimersByTime(600);
    await settled();
    vi.useRealTimers();
    expect(seqs()).toEqual([1, 2, 3, 4]);
  });

  test('a number that the server has not decided yet is asked for again until it is', async () => {
    vi.useFakeTimers();
    let decided = false;
    net.answers['chat:sync'] = ({ afterSeq }: { afterSeq: number }): SyncReply => ({
      messages: [1, 2, 3]
        .filter((seq) => seq > afterSeq && (decided || seq < 2))
        .map((seq) => message({ seq, kind: seq === 2 ? 'tombstone' : 'text' })),
      lastSeq: 3,
    });
    visits.start({ conversation: talk(3), lastSeq: 3 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seqs()).toEqual([1]);

    decided = true;
    await vi.advanceTimersByTimeAsync(4_000);
    expect(seqs()).toEqual([1, 2, 3]);
    vi.useRealTimers();
  });

  test('messages are reported as delivered, and as read once they are looked at', async () => {
    serve(2);
    visits.start({ conversation: talk(2), lastSeq: 2 });
    await settled();
    expect(net.askedFor('chat:read')).toEqual([{ seq: 2, kind: 'delivered' }]);
    chat.isVisible.value = true;
    expect(net.askedFor('chat:read').at(-1)).toEqual({ seq: 2, kind: 'read' });
    expect(chat.unread.value).toBe(0);
    net.tell('chat:message', { message: message({ seq: 3 }) });
    expect(net.askedFor('chat:read').at(-1)).toEqual({ seq: 3, kind: 'read' });
  });

  test('the visitor is said to type now and then, not at every key', () => {
    visits.start({ conversation: talk(0) });
    for (const draft of ['H', 'He', 'Hel', '']) {
      chat.draft.value = draft;
      chat.typed();
    }
    expect(net.askedFor('chat:typing')).toEqual([{ typing: true }, { typing: false }]);
  });

  test('who types is shown until a message comes', () => {
    visits.start({ conversation: talk(0) });
    const author = { kind: 'consultant' as const, name: 'Ana' };
    net.tell('chat:typing', { conversationId: 'c1', author, typing: true });
    expect(chat.typing.value).toBe('Ana');
    net.tell('chat:message', { message: message({ seq: 1 }) });
    expect(chat.typing.value).toBeNull();
  });

  test('what was written offline goes out when the connection is back', async () => {
    visits.start();
    net.state.value = 'offline';
    chat.draft.value = 'Later';
    chat.send();
    await settled();
    expect(chat.pending.value).toHaveLength(1);
    expect(net.askedFor('chat:send')).toEqual([]);
    net.answers['chat:send'] = () => ({ message: message({ seq: 1, clientMessageId: 'id-1' }) });
    net.state.value = 'online';
    await settled();
    expect(chat.pending.value).toEqual([]);
  });

  test('a state that is older than the receipts does not take them back', () => {
    visits.start();
    const read = { ...talk(1).receipts, consultantDeliveredSeq: 1 };
    net.tell('chat:read', { conversationId: 'c1', receipts: read });
    net.tell('chat:state', { conversation: talk(1) });
    expect(chat.receipts.value).toEqual(read);
    net.tell('chat:read', { conversationId: 'c1', receipts: talk(1).receipts });
    expect(chat.receipts.value).toEqual(read);
    net.tell('chat:state', { conversation: talk(1) });
    expect(chat.receipts.value).toEqual(read);
    net.tell('chat:state', { conversation: { ...talk(1), id: 'c2' } });
    expect(chat.receipts.value?.consultantDeliveredSeq).toBe(0);
  });

  test('a start that was answered before the news it meets does not take them back', () => {
    visits.start({ conversation: talk(2) });
    const assignee = { id: 'p1', name: 'Ana' };
    const receipts = { ...talk(3).receipts, visitorReadSeq: 3 };
    net.tell('chat:state', { conversation: { ...talk(3), status: 'open', assignee, receipts } });
    visits.start({ conversation: { ...talk(2), receipts: { ...talk(2).receipts, consultantReadSeq: 2 } } });
    expect([chat.conversation.value?.status, chat.conversation.value?.assignee?.name]).toEqual([
      'open',
      'Ana',
    ]);
    expect(chat.receipts.value).toEqual({ ...receipts, consultantReadSeq: 2 });
    visits.start({ conversation: null });
    expect([chat.conversation.value, chat.receipts.value]).toEqual([null, null]);
  });

  test('a refused message can be taken back into the field', async () => {
    visits.start();
    net.answers['chat:send'] = () => Promise.reject(new AskError('message_id_reused'));
    chat.draft.value = 'Hello';
    chat.send();
    await settled();
    expect(chat.pending.value[0]?.refusal?.code).toBe('message_id_reused');
    await chat.edit('id-1');
    expect([chat.draft.value, chat.pending.value]).toEqual(['Hello', []]);
  });
});

describe('a callback', () => {
  let calls: Calls;
  const create = (asksConsent = false) => {
    calls = createCalls({
      link: net.link,
      visit: visits.visit,
      keep,
      offer: offer(),
      asksConsent: () => asksConsent,
      newId,
      now: Date.now,
    });
    visits.start();
    calls.phone.value = '0621 12 345';
    calls.region.value = 'MD';
  };

  test('two clicks ask once', async () => {
    create();
    net.answers['callback:request'] = () => ({ callback: callback() });
    await Promise.all([calls.request(false, null), calls.request(false, null)]);
    expect(net.askedFor('callback:request')).toEqual([
      { clientRequestId: 'id-1', phone: '0621 12 345', region: 'MD', via: 'phone' },
    ]);
    expect([calls.callback.value?.id, calls.isRunning.value, keep.allowed]).toEqual(['cb1', true, true]);
  });

  test('a request without an answer is asked again as the same request', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    create();
    let lost = 2;
    net.answers['callback:request'] = () => {
      if (lost-- > 0) throw new AskError('timed_out');
      return { callback: callback() };
    };
    const done = calls.request(false, null);
    for (let i = 0; i < 3; i++) {
      await settled();
      vi.advanceTimersByTime(2000);
    }
    await done;
    vi.useRealTimers();
    const sent = net.askedFor('callback:request') as { clientRequestId: string }[];
    expect(sent.map((r) => r.clientRequestId)).toEqual(['id-1', 'id-1', 'id-1']);
  });

  test('another number is another request', async () => {
    create();
    net.answers['callback:request'] = () => Promise.reject(new AskError('phone_invalid'));
    await calls.request(false, null);
    expect(calls.failure.value?.code).toBe('phone_invalid');
    calls.phone.value = '0621 12 346';
    await calls.request(true, null);
    expect(net.askedFor('callback:request').at(-1)).toMatchObject({
      clientRequestId: 'id-2',
      fromConversation: true,
    });
  });

  test('an empty field is said at once, without asking anyone', async () => {
    create();
    calls.phone.value = '  ';
    await calls.request(false, null);
    expect([calls.failure.value?.code, net.asked]).toEqual(['phone_required', []]);
  });

  test('consent is sent as it was given, and only where it is asked for', async () => {
    create(true);
    net.answers['callback:request'] = () => Promise.reject(new AskError('consent_required'));
    await calls.request(false, null);
    calls.agreed.value = true;
    await calls.request(false, null);
    const consents = net.askedFor('callback:request').map((r) => (r as { consent: unknown }).consent);
    expect(consents).toEqual([{ recording: false }, { recording: true }]);
  });

  test('news that comes late does not turn the steps back', () => {
    create();
    net.tell('callback:updated', { callback: callback({ version: 3, state: 'bridged' }) });
    net.tell('callback:updated', { callback: callback({ version: 2, state: 'offering' }) });
    expect(calls.callback.value?.state).toBe('bridged');
  });

  test('a reload finds the running call again', () => {
    create();
    visits.start({ openCallback: callback({ state: 'visitor_ringing' }) });
    expect([calls.callback.value?.id, calls.isRunning.value]).toEqual(['cb1', true]);
  });

  test('a call that came to nothing while nobody listened is told as it was, once', () => {
    create();
    net.tell('callback:updated', { callback: callback({ version: 3, state: 'offering' }) });
    visits.start({ openCallback: callback({ version: 5, state: 'no_agent' }) });
    expect([calls.callback.value?.state, calls.isRunning.value]).toEqual(['no_agent', false]);
    calls.dismiss();
    visits.start({ openCallback: callback({ version: 5, state: 'no_agent' }) });
    expect(calls.callback.value).toBe(null);
    // A phone of it hangs up late.
    net.tell('callback:updated', { callback: callback({ version: 6, state: 'no_agent' }) });
    expect(calls.callback.value).toBe(null);
  });

  test('a talk that ended while nobody listened is told where it was waited for, and nowhere else', () => {
    create();
    const talked = callback({ version: 9, state: 'completed', durationS: 75 });
    visits.start({ openCallback: talked });
    expect(calls.callback.value).toBe(null);
    net.tell('callback:updated', { callback: callback({ version: 3, state: 'offering' }) });
    visits.start({ openCallback: talked });
    expect([calls.callback.value?.durationS, calls.isRunning.value]).toEqual([75, false]);
  });

  test('a call that ended while nobody listened is not shown as running', () => {
    create();
    net.tell('callback:updated', { callback: callback({ version: 3, state: 'bridged' }) });
    visits.start({ openCallback: null });
    expect(calls.isRunning.value).toBe(false);
  });

  test('a time is asked for when the visitor wants one or nobody can call now', () => {
    create();
    const times = () => timesOf(calls, Date.now());
    expect(times().atMs).toBeNull();
    calls.wantsTime.value = true;
    const first = times().days[0]?.slots[0] as number;
    expect(times().atMs).toBe(first);
    const other = times().days.at(-1)?.slots.at(-1) as number;
    calls.chosenAtMs.value = other;
    expect(times().atMs).toBe(other);
    calls.wantsTime.value = false;
    expect(times().atMs).toBeNull();
    const opensAtMs = Date.now() + 40 * 3_600_000;
    visits.start({ callback: offer({ opensAtMs, closed: 'schedule' }) });
    expect(calls.offer.value.offered).toBe(false);
    expect(times().atMs).toBeGreaterThanOrEqual(opensAtMs);
  });

  test('a time that cannot be kept asks for another one', async () => {
    create();
    net.answers['callback:request'] = () => Promise.reject(new AskError('callback_time_invalid'));
    await calls.request(false, null);
    expect(timesOf(calls, Date.now()).days.length).toBeGreaterThan(0);
  });
});

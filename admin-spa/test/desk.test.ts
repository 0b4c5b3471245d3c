import { signal } from '@preact/signals';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ConsultantChatSend, ConsultantRead } from '../../widget/src/shared/contracts.gen';
import { AskError } from '../../widget/src/shared/errors';
import { type Desk, openDesk } from '../src/inbox/desk';
import type { Pending } from '../src/inbox/thread';
import { conversation, message, T0 } from './builders';
import { FakeLink, settled } from './fakeLink';

describe('the desk', () => {
  let link: FakeLink;
  let desk: Desk;
  let kept: readonly Pending[];
  let later: (() => void)[];
  const attention = signal(true);

  beforeEach(() => {
    link = new FakeLink();
    kept = [];
    later = [];
    attention.value = true;
    let ids = 0;
    link.answers['inbox:list'] = () => ({
      conversations: [
        conversation({ lastSeq: 2, unread: 2 }),
        conversation({ id: 'c2', status: 'open', assigneeId: 'ion' }),
      ],
    });
    link.answers['chat:sync'] = ({ afterSeq }) => ({
      messages: [message(1), message(2)].filter((one) => one.seq > afterSeq),
      lastSeq: 2,
    });
    link.answers['chat:send'] = (sent) => ({ message: written(sent, 3) });
    link.answers['chat:read'] = () => ({});
    desk = openDesk({
      link,
      myId: 'anna',
      answers: true,
      attention,
      outbox: { load: () => [...kept], save: (pending) => (kept = pending) },
      now: () => T0,
      newId: () => `client-${++ids}`,
      later: (run) => later.push(run),
      onLead: () => undefined,
    });
  });

  const written = (sent: ConsultantChatSend, seq: number) =>
    message(seq, {
      conversationId: sent.conversationId,
      clientMessageId: sent.clientMessageId,
      text: sent.text,
      author: { kind: 'consultant', id: 'anna' },
    });
  const reads = () => link.askedFor('chat:read').filter((one) => (one as ConsultantRead).kind === 'read');
  const texts = () => [...desk.threadOf('c1').lines.values()].map((one) => one.text);

  test('opening a conversation fetches what is missing of it', async () => {
    link.open();
    await settled();
    desk.open('c1');
    await settled();

    expect(texts()).toEqual(['line 1', 'line 2']);
    expect(desk.newAfterSeq.value).toBe(0);
  });

  test('a hole in what is told is filled from the last complete number', async () => {
    link.open();
    await settled();
    desk.open('c1');
    await settled();
    link.answers['chat:sync'] = () => ({ messages: [message(3), message(4), message(5)], lastSeq: 5 });

    link.tell('chat:message', { message: message(5) });
    await settled();

    expect(link.askedFor('chat:sync').at(-1)).toEqual({ conversationId: 'c1', afterSeq: 2 });
    expect(desk.threadOf('c1').completeSeq).toBe(5);
  });

  test('a message written while offline is kept, and sent once under its own id after the reconnect', async () => {
    link.open();
    await settled();
    link.close();

    desk.send('c1', 'Hello', false);
    expect(kept.map((one) => one.text)).toEqual(['Hello']);
    expect(link.askedFor('chat:send')).toEqual([]);

    link.open();
    await settled();
    expect(link.askedFor('chat:send')).toEqual([
      { conversationId: 'c1', clientMessageId: 'client-1', text: 'Hello', note: false },
    ]);
    expect(desk.pending.value).toEqual([]);
    expect(kept).toEqual([]);
  });

  test('an answer that got lost makes the same message go again, not another one', async () => {
    link.open();
    await settled();
    link.answers['chat:send'] = () => {
      throw new AskError('timed_out');
    };
    desk.send('c1', 'Hello', false);
    await settled();
    link.answers['chat:send'] = (sent) => ({ message: written(sent, 3) });
    for (const run of later.splice(0)) run();
    await settled();

    const ids = link.askedFor('chat:send').map((one) => (one as ConsultantChatSend).clientMessageId);
    expect(ids).toEqual(['client-1', 'client-1']);
    expect(desk.pending.value).toEqual([]);
  });

  test('messages leave in the order in which they were written', async () => {
    link.open();
    await settled();
    link.close();
    for (const text of ['one', 'two', 'three']) desk.send('c1', text, false);
    let seq = 2;
    link.answers['chat:send'] = (sent) => ({ message: written(sent, ++seq) });
    link.open();
    await settled();

    expect(link.askedFor('chat:send').map((one) => (one as ConsultantChatSend).text)).toEqual([
      'one',
      'two',
      'three',
    ]);
  });

  test('a refusal stays visible with its reason, can be sent again or taken back', async () => {
    link.open();
    await settled();
    link.answers['chat:send'] = () => {
      throw new AskError('message_too_long', { max: 4000 });
    };
    desk.send('c1', 'Too long', false);
    await settled();

    expect(desk.pending.value[0]?.refusal).toEqual({ code: 'message_too_long', details: { max: 4000 } });
    expect(desk.discard('client-1')).toBe('Too long');
    expect(desk.pending.value).toEqual([]);
  });

  test('what a person has before the eyes is read; a window nobody looks at reads nothing', async () => {
    attention.value = false;
    link.open();
    await settled();
    desk.open('c1');
    await settled();
    expect(reads()).toEqual([]);

    attention.value = true;
    await settled();
    expect(reads()).toEqual([{ conversationId: 'c1', seq: 2, kind: 'read' }]);
    expect(desk.inbox.value.get('c1')?.unread).toBe(0);
  });

  test('looking into a colleague’s conversation leaves no receipts', async () => {
    link.open();
    await settled();
    link.tell('chat:message', { message: message(1, { conversationId: 'c2' }) });
    desk.open('c2');
    await settled();

    expect(link.askedFor('chat:read')).not.toContainEqual(expect.objectContaining({ conversationId: 'c2' }));
    expect(desk.inbox.value.get('c2')?.unread).toBe(1);
  });

  test('what came while nobody was there is told as delivered at the next connect', async () => {
    link.open();
    await settled();

    expect(link.askedFor('chat:read')).toEqual([{ conversationId: 'c1', seq: 2, kind: 'delivered' }]);
  });

  test('of many conversations each is told, one after the other, also when the server wants a pause', async () => {
    const conversations = [1, 2, 3].map((n) => conversation({ id: `c${n}`, lastSeq: n, unread: n }));
    link.answers['inbox:list'] = () => ({ conversations });
    let tries = 0;
    link.answers['chat:read'] = () => {
      if (++tries === 2) throw new AskError('rate_limited', { retryAfterS: 1 });
      return {};
    };
    link.open();
    await settled();
    expect(tries).toBe(2);
    for (const run of later.splice(0)) run();
    await settled();

    const told = link.askedFor('chat:read').map((one) => (one as ConsultantRead).conversationId);
    expect(told).toEqual(['c1', 'c3', 'c3', 'c2']);
  });

  test('a colleague who types is seen, and forgotten with the message', async () => {
    link.open();
    await settled();
    const author = { kind: 'consultant' as const, id: 'ion', name: 'Ion' };
    link.tell('chat:typing', { conversationId: 'c1', author, typing: true });
    link.tell('chat:typing', { conversationId: 'c1', author: { ...author, id: 'anna' }, typing: true });
    expect(desk.typing.value.map((one) => one.author.name)).toEqual(['Ion']);

    link.tell('chat:message', { message: message(3, { author }) });
    expect(desk.typing.value).toEqual([]);
  });

  test('a reconnect asks for the inbox and for the open conversation again', async () => {
    link.open();
    await settled();
    desk.open('c1');
    await settled();
    link.asked.length = 0;

    link.close();
    link.open();
    await settled();

    expect(link.askedFor('inbox:list')).toHaveLength(1);
    expect(link.askedFor('chat:sync')).toEqual([{ conversationId: 'c1', afterSeq: 2 }]);
  });

  test('a role that may not read conversations is told so', async () => {
    delete link.answers['inbox:list'];
    link.open();
    await settled();

    expect(desk.state.value).toBe('forbidden');
  });
});

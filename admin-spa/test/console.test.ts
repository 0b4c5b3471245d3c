import { signal } from '@preact/signals';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Console, openConsole } from '../src/app/console';
import { ANNA, conversation, lead, T0, visitor } from './builders';
import { FakeLink, settled } from './fakeLink';

describe('the console', () => {
  let link: FakeLink;
  let console: Console;
  let nowMs: number;
  let rung: string[];
  let handed: string[];
  let later: { run: () => void; atMs: number }[];
  const attention = signal(true);

  beforeEach(() => {
    link = new FakeLink();
    nowMs = T0;
    rung = [];
    handed = [];
    later = [];
    attention.value = true;
    link.answers['inbox:list'] = () => ({ conversations: [] });
    link.answers['callbacks:list'] = () => ({ leads: [] });
    link.answers['visitors:list'] = () => ({ visitors: [visitor()] });
    link.answers['people:list'] = () => ({ people: [ANNA], departments: [] });
    link.answers['presence:set'] = ({ status }) => ({ person: { ...ANNA, status } });
    console = openConsole({
      link,
      person: ANNA,
      attention,
      outbox: { load: () => [], save: () => undefined },
      now: () => nowMs,
      newId: () => 'id-12345',
      later: (run, inMs) => later.push({ run, atMs: nowMs + inMs }),
      ring: (tone) => rung.push(tone),
      notify: () => undefined,
      handed: ({ id }) => handed.push(id),
    });
  });

  /** Move the clock and run what is due by then. */
  function pass(ms: number): void {
    const until = nowMs + ms;
    for (;;) {
      const due = later.filter((one) => one.atMs <= until).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      later.splice(later.indexOf(due), 1);
      nowMs = Math.max(nowMs, due.atMs);
      due.run();
    }
    nowMs = until;
  }
  const arrive = () => {
    link.tell('chat:state', { conversation: conversation({ waitingSinceMs: nowMs, updatedAtMs: nowMs }) });
    link.tell('alert:raised', {
      kind: 'conversation_waiting',
      conversationId: 'c1',
      callbackId: null,
      atMs: nowMs,
    });
  };

  test('who is given a conversation by a colleague is told of it, and nobody is of one that waits for anyone', async () => {
    link.open();
    await settled();
    arrive();
    pass(1_000);
    expect(handed).toEqual([]);
    const mine = { ...conversation({ status: 'open', assigneeId: ANNA.id, updatedAtMs: nowMs }), lastSeq: 9 };
    link.tell('alert:raised', {
      kind: 'conversation_waiting',
      conversationId: 'c1',
      callbackId: null,
      atMs: nowMs,
    });
    link.tell('chat:state', { conversation: mine });
    pass(1_000);
    expect(handed).toEqual(['c1']);
  });

  test('a waiting visitor rings once at once, then every 30 seconds until somebody says "Got it"', async () => {
    link.open();
    await settled();
    arrive();
    pass(1_000);
    expect(rung).toEqual(['waiting']);

    pass(60_000);
    expect(rung).toEqual(['waiting', 'waiting', 'waiting']);

    console.acknowledgeAll();
    pass(120_000);
    expect(rung).toHaveLength(3);
  });

  test('opening the conversation is seeing it, and a claim by anybody ends the ringing', async () => {
    link.open();
    await settled();
    arrive();
    pass(1_000);
    console.desk.open('c1');
    expect(console.unseen.value).toEqual([]);

    link.tell('chat:state', {
      conversation: conversation({ status: 'open', assigneeId: 'ion', updatedAtMs: nowMs + 1 }),
    });
    pass(120_000);
    expect(rung).toHaveLength(1);
  });

  test('nobody who is away is rung', async () => {
    link.open();
    await settled();
    await console.setPresence('away');
    arrive();
    pass(120_000);

    expect(rung).toEqual([]);
  });

  test('a marketer reads along in silence', async () => {
    const silent = new FakeLink();
    Object.assign(silent.answers, link.answers);
    const marketer = openConsole({
      link: silent,
      person: { ...ANNA, role: 'marketer' },
      attention,
      outbox: { load: () => [], save: () => undefined },
      now: () => nowMs,
      newId: () => 'id-12345',
      later: () => undefined,
      ring: (tone) => rung.push(tone),
      notify: () => undefined,
      handed: () => undefined,
    });
    silent.open();
    await settled();
    silent.tell('alert:raised', {
      kind: 'conversation_waiting',
      conversationId: 'c1',
      callbackId: null,
      atMs: nowMs,
    });

    expect(rung).toEqual([]);
    expect(marketer.unread.value).toBe(0);
  });

  test('a callback that raised an alert is marked until it is looked at', async () => {
    link.open();
    await settled();
    link.tell('callback:updated', { lead: lead() });
    link.tell('alert:raised', {
      kind: 'callback_requested',
      conversationId: null,
      callbackId: 'k1',
      atMs: nowMs,
    });
    expect([...console.freshLeads.value]).toEqual(['k1']);
    expect(rung).toEqual(['callback']);

    console.seenLead('k1');
    expect(console.freshLeads.value.size).toBe(0);
  });

  test('who leaves the site leaves the list', async () => {
    link.open();
    await settled();
    expect(console.visitors.value.size).toBe(1);

    link.tell('visitor:updated', { visitor: visitor({ online: false }) });
    expect(console.visitors.value.size).toBe(0);
  });
});

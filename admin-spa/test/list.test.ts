import { describe, expect, test } from 'vitest';
import type { InboxConversation, Message, Receipts } from '../../widget/src/shared/contracts.gen';
import {
  fromSnapshot,
  groupOf,
  type Inbox,
  neighbour,
  ordered,
  unreadFor,
  withConversation,
  withMessage,
  withoutVisitor,
  withReceipts,
  withVisitor,
} from '../src/inbox/list';
import { EMPTY_THREAD, visitorLinesAfter, withLines } from '../src/inbox/thread';
import { conversation, message, T0, visitor } from './builders';

/** What the server does to a conversation, told as events; `now` is what a fresh inbox:list would say. */
class Server {
  now: InboxConversation = conversation();
  lines: Message[] = [];

  say(kind: 'visitor' | 'consultant', part: Partial<Message> = {}): { message: Message } {
    const told = message(this.now.lastSeq + 1, { author: { kind, id: kind }, ...part });
    this.lines.push(told);
    const { receipts } = this.now;
    const text = told.kind === 'text';
    this.now = {
      ...this.now,
      lastSeq: told.seq,
      updatedAtMs: told.sentAtMs,
      lastText: text ? told.text.slice(0, 200) : this.now.lastText,
      lastAuthorKind: text ? kind : this.now.lastAuthorKind,
      waitingSinceMs: !text
        ? this.now.waitingSinceMs
        : kind === 'visitor'
          ? (this.now.waitingSinceMs ?? told.sentAtMs)
          : null,
      unread: this.unread(receipts.consultantReadSeq),
    };
    return { message: told };
  }

  read(seq: number): { conversationId: string; receipts: Receipts } {
    const receipts = { ...this.now.receipts, consultantReadSeq: seq, consultantDeliveredSeq: seq };
    this.now = { ...this.now, receipts, unread: this.unread(seq) };
    return { conversationId: this.now.id, receipts };
  }

  private unread(above: number): number {
    const fresh = (one: Message) => one.seq > above && one.kind === 'text' && one.author.kind === 'visitor';
    return this.lines.filter(fresh).length;
  }
}

describe('the inbox', () => {
  test('nothing is left of an erased visitor, and the others stay', () => {
    const other = conversation({ id: 'c9', visitor: visitor({ id: 'v9' }) });
    const inbox = fromSnapshot([conversation(), other]);
    expect([...withoutVisitor(inbox, conversation().visitor.id).keys()]).toEqual(['c9']);
    expect(withoutVisitor(inbox, 'nobody')).toBe(inbox);
  });

  test('what was read before the receipts moved does not make a read conversation unread', () => {
    const receipts = { ...conversation().receipts, consultantReadSeq: 5, consultantDeliveredSeq: 5 };
    const read = conversation({ lastSeq: 5, receipts, unread: 0 });
    const before = { ...read, receipts: { ...receipts, consultantReadSeq: 3 }, unread: 1 };
    const inbox = fromSnapshot([read]);
    expect(withConversation(inbox, before).get(read.id)?.unread).toBe(0);
    expect(fromSnapshot([before], inbox).get(read.id)?.unread).toBe(0);
    expect(withConversation(inbox, { ...before, lastSeq: 6, unread: 2 }).get(read.id)?.unread).toBe(2);
  });

  test('a snapshot and the events after it give what a fresh snapshot gives', () => {
    const server = new Server();
    let inbox = fromSnapshot([server.now]);
    const check = () => expect(inbox).toEqual(fromSnapshot([server.now]));
    const hear = (told: { message: Message }) => {
      inbox = withMessage(inbox, told.message);
      check();
    };

    hear(server.say('visitor', { text: 'x'.repeat(300) }));
    hear(server.say('visitor'));
    inbox = withReceipts(inbox, 'c1', server.read(1).receipts, (seq) => {
      return visitorLinesAfter(withLines(EMPTY_THREAD, server.lines), seq);
    });
    check();
    hear(server.say('consultant', { kind: 'note' }));
    hear(server.say('consultant'));
    inbox = withReceipts(inbox, 'c1', server.read(4).receipts);
    check();
    server.now = {
      ...server.now,
      status: 'closed',
      assigneeId: 'anna',
      assigneeName: 'Anna',
      updatedAtMs: T0 + 9_000,
    };
    inbox = withConversation(inbox, server.now);
    check();
  });

  test('an event that comes twice, or late, changes nothing', () => {
    const server = new Server();
    const first = server.say('visitor');
    const old = server.now;
    const second = server.say('visitor');
    let inbox: Inbox = fromSnapshot([server.now]);

    inbox = withMessage(withMessage(inbox, second.message), first.message);
    inbox = withConversation(inbox, old);

    expect(inbox).toEqual(fromSnapshot([server.now]));
  });

  test('a conversation that appears while the snapshot travels is not forgotten', () => {
    const early = withConversation(new Map(), conversation({ id: 'c9' }));

    expect([...fromSnapshot([conversation()], early, new Set(['c9'])).keys()]).toEqual(['c1', 'c9']);
    expect([...fromSnapshot([conversation()], early).keys()]).toEqual(['c1']);
  });

  test('receipts only grow, whichever order they come in', () => {
    const receipts = {
      visitorDeliveredSeq: 5,
      visitorReadSeq: 4,
      consultantDeliveredSeq: 3,
      consultantReadSeq: 3,
    };
    const inbox = withReceipts(fromSnapshot([conversation({ receipts })]), 'c1', {
      visitorDeliveredSeq: 2,
      visitorReadSeq: 6,
      consultantDeliveredSeq: 1,
      consultantReadSeq: 0,
    });

    expect(inbox.get('c1')?.receipts).toEqual({ ...receipts, visitorReadSeq: 6 });
  });

  test('the longest wait is on top, then mine, then what colleagues have, then what is closed', () => {
    const inbox = fromSnapshot([
      conversation({ id: 'closed', status: 'closed' }),
      conversation({ id: 'theirs', status: 'open', assigneeId: 'ion' }),
      conversation({ id: 'mine-quiet', status: 'open', assigneeId: 'anna', updatedAtMs: T0 + 9 }),
      conversation({ id: 'mine-asked', status: 'open', assigneeId: 'anna', waitingSinceMs: T0 + 5 }),
      conversation({ id: 'waits-short', waitingSinceMs: T0 + 50 }),
      conversation({ id: 'waits-long', waitingSinceMs: T0 + 10 }),
    ]);

    const shown = ordered(inbox, 'anna').flatMap(({ items }) => items.map((one) => one.id));

    expect(shown).toEqual(['waits-long', 'waits-short', 'mine-asked', 'mine-quiet', 'theirs', 'closed']);
  });

  test('the search looks at names, numbers and last lines', () => {
    const inbox = fromSnapshot([
      conversation({ id: 'a', visitor: visitor({ name: 'Elena' }) }),
      conversation({ id: 'b', lastText: 'A red KETTLE' }),
      conversation({ id: 'c', visitor: visitor({ number: 77, page: null }) }),
    ]);
    const found = (query: string) =>
      ordered(inbox, 'anna', query).flatMap(({ items }) => items.map(({ id }) => id));

    expect(found('elen')).toEqual(['a']);
    expect(found(' kettle ')).toContain('b');
    expect(found('#77')).toEqual(['c']);
  });

  test('the count shows what waits for anybody and what is unread of mine, not what colleagues have', () => {
    const inbox = fromSnapshot([
      conversation({ id: 'a', unread: 2 }),
      conversation({ id: 'b', status: 'open', assigneeId: 'anna', unread: 3 }),
      conversation({ id: 'c', status: 'open', assigneeId: 'ion', unread: 5 }),
      conversation({ id: 'd', status: 'closed', unread: 1 }),
    ]);

    expect(unreadFor(inbox, 'anna')).toBe(5);
    expect(groupOf(conversation({ status: 'open', assigneeId: 'ion' }), 'anna')).toBe('others');
  });

  test('a visitor who moves is seen moving in the conversation', () => {
    const moved = visitor({
      page: { url: 'https://shop.example/cart', title: 'Cart', atMs: T0 + 1 },
      lastSeenAtMs: T0 + 1,
    });
    const inbox = withVisitor(fromSnapshot([conversation()]), moved);

    expect(inbox.get('c1')?.visitor.page?.title).toBe('Cart');
    expect(withVisitor(inbox, visitor())).toBe(inbox);
  });

  test('J and K stop at the ends and begin at the ends', () => {
    expect(neighbour(['a', 'b'], 'a', 1)).toBe('b');
    expect(neighbour(['a', 'b'], 'b', 1)).toBe('b');
    expect(neighbour(['a', 'b'], null, 1)).toBe('a');
    expect(neighbour(['a', 'b'], null, -1)).toBe('b');
    expect(neighbour([], null, 1)).toBeNull();
  });
});

import { describe, expect, test } from 'vitest';
import {
  deliveryOf,
  EMPTY_THREAD,
  holeAfter,
  rowsOf,
  visitorLinesAfter,
  withLines,
} from '../src/inbox/thread';
import { message, T0 } from './builders';

const DAY_MS = 86_400_000;
const dayOf = (atMs: number) => String(Math.floor(atMs / DAY_MS));
const kinds = (...args: Parameters<typeof rowsOf>) => rowsOf(...args).map((row) => row.kind);

describe('a thread', () => {
  test('a hole is found, asked for from the last complete number, and closed by whatever order comes', () => {
    let thread = withLines(EMPTY_THREAD, [message(1), message(2)]);
    expect(holeAfter(thread)).toBeNull();

    thread = withLines(thread, [message(5)]);
    expect(holeAfter(thread)).toBe(2);
    thread = withLines(thread, [message(4)]);
    expect(holeAfter(thread)).toBe(2);
    thread = withLines(thread, [message(3), message(4)], 5);
    expect(holeAfter(thread)).toBeNull();
    expect(thread.completeSeq).toBe(5);
  });

  test('a number told by someone else is a hole as well', () => {
    expect(holeAfter(withLines(EMPTY_THREAD, [], 3))).toBe(0);
  });

  test('lines beyond a hole wait, so that nothing is ever put above what was read', () => {
    const thread = withLines(EMPTY_THREAD, [message(1), message(3)]);

    expect(kinds(thread, [], dayOf)).toEqual(['day', 'bubble']);
  });

  test('a repeat keeps the first copy and the same value', () => {
    const thread = withLines(EMPTY_THREAD, [message(1)]);

    expect(withLines(thread, [message(1, { text: 'other' })])).toBe(thread);
  });

  test('days divide, tombstones vanish, changes of state are lines', () => {
    const thread = withLines(EMPTY_THREAD, [
      message(1),
      message(2, { kind: 'tombstone' }),
      message(3, { kind: 'event', author: { kind: 'system' }, event: { name: 'call_requested', data: {} } }),
      message(4, { sentAtMs: T0 + 2 * DAY_MS }),
    ]);

    expect(kinds(thread, [], dayOf)).toEqual(['day', 'bubble', 'event', 'day', 'bubble']);
  });

  test('one hand that writes several times in a row gets one heading', () => {
    const thread = withLines(EMPTY_THREAD, [
      message(1),
      message(2),
      message(3, { author: { kind: 'consultant' } }),
    ]);
    const bubbles = rowsOf(thread, [], dayOf).filter((row) => row.kind === 'bubble');

    expect(bubbles.map((row) => [row.first, row.last])).toEqual([
      [true, false],
      [false, true],
      [true, true],
    ]);
  });

  test('the divider stands before the first unread line of the visitor', () => {
    const thread = withLines(EMPTY_THREAD, [
      message(1),
      message(2, { author: { kind: 'consultant' } }),
      message(3),
    ]);

    expect(kinds(thread, [], dayOf, 1)).toEqual(['day', 'bubble', 'bubble', 'new', 'bubble']);
    expect(kinds(thread, [], dayOf, null)).not.toContain('new');
  });

  test('what was sent is shown once: pending until its number comes', () => {
    const one = {
      clientMessageId: 'mine',
      conversationId: 'c1',
      text: 'hi',
      note: false,
      atMs: T0,
      refusal: null,
    };
    const before = withLines(EMPTY_THREAD, [message(1)]);
    const after = withLines(before, [message(2, { clientMessageId: 'mine' })]);

    expect(kinds(before, [one], dayOf)).toEqual(['day', 'bubble', 'pending']);
    expect(kinds(after, [one], dayOf)).toEqual(['day', 'bubble', 'bubble']);
  });

  test('receipts become sent, delivered and read', () => {
    const receipts = {
      visitorDeliveredSeq: 2,
      visitorReadSeq: 1,
      consultantDeliveredSeq: 0,
      consultantReadSeq: 0,
    };

    expect([1, 2, 3].map((seq) => deliveryOf(seq, receipts))).toEqual(['read', 'delivered', 'sent']);
  });

  test('unread lines are counted only where nothing is missing', () => {
    expect(visitorLinesAfter(withLines(EMPTY_THREAD, [message(1), message(2)]), 1)).toBe(1);
    expect(visitorLinesAfter(withLines(EMPTY_THREAD, [message(2)]), 1)).toBeNull();
  });
});

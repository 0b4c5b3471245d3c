import { expect, test } from 'vitest';
import { emptySequence, hasHole, lastSeq, prepend, receive, type Sequence } from '../src/chat/sequence';
import { message } from './builders';

const seqs = (s: Sequence) => s.messages.map((m) => m.seq);
const line = (...numbers: number[]) => numbers.map((seq) => message({ seq }));

test('messages in order are shown in order', () => {
  expect(seqs(receive(receive(emptySequence(), line(1)), line(2, 3)))).toEqual([1, 2, 3]);
});

test('a message that comes twice is there once, and nothing is drawn anew', () => {
  const once = receive(emptySequence(), line(1, 2));
  expect(receive(once, line(2, 1))).toBe(once);
});

test('a message above a hole waits until the hole is filled', () => {
  const holed = receive(emptySequence(), line(1, 4, 3));
  expect([seqs(holed), hasHole(holed), lastSeq(holed)]).toEqual([[1], true, 1]);
  const filled = receive(holed, line(2));
  expect([seqs(filled), hasHole(filled)]).toEqual([[1, 2, 3, 4], false]);
});

test('any order of any repeats ends as the same timeline', () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  };
  for (let round = 0; round < 200; round++) {
    let s = emptySequence();
    const queue = [...line(1, 2, 3, 4, 5, 6, 7), ...line(2, 5, 7)].sort(() => random() - 0.5);
    while (queue.length) s = receive(s, queue.splice(0, 1 + Math.floor(random() * 3)));
    expect(seqs(s)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(hasHole(s)).toBe(false);
  }
});

test('a long timeline may be known from its middle, and its beginning comes later', () => {
  const late = receive(emptySequence(100), line(101, 102));
  expect(lastSeq(late)).toBe(102);
  expect(receive(late, line(50))).toBe(late);
  const whole = prepend(late, line(99, 100, 101));
  expect([whole.base, seqs(whole)]).toEqual([98, [99, 100, 101, 102]]);
});

test('earlier messages that do not join are not put before a hole', () => {
  const late = receive(emptySequence(100), line(101));
  expect(prepend(late, line(90, 91))).toBe(late);
});

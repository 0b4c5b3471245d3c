import { expect, test } from 'vitest';
import { slotDays } from '../src/callback/slots';
import { offer } from './builders';

const at = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute).getTime();
const open = (fromAtMs: number, toAtMs: number) => ({ fromAtMs, toAtMs });
const all = (now: number, over = {}) => slotDays(now, offer(over)).flatMap((d) => d.slots);

test('times begin a quarter of an hour from now at the earliest, at the next half hour', () => {
  expect(all(at(21, 10, 5))[0]).toBe(at(21, 10, 30));
  expect(all(at(21, 10, 20))[0]).toBe(at(21, 11, 0));
});

test('nobody is called at night, in the time zone of the visitor', () => {
  const hours = all(at(21, 23)).map((slot) => new Date(slot).getHours());
  expect(Math.min(...hours)).toBe(8);
  expect(Math.max(...hours)).toBe(20);
});

test('when it is closed the times begin with the opening', () => {
  expect(all(at(21, 22), { opensAtMs: at(23, 9) })[0]).toBe(at(23, 9));
});

test('only times within the opening hours are offered, each with a quarter of an hour left to talk', () => {
  const openings = [
    open(at(21, 9), at(21, 12)),
    open(at(21, 13), at(21, 14, 10)),
    open(at(22, 9, 15), at(22, 10)),
  ];
  expect(all(at(21, 10, 50), { openings })).toEqual([
    at(21, 11, 30),
    at(21, 13),
    at(21, 13, 30),
    at(22, 9, 30),
  ]);
});

test('a site that is open only in the night of the visitor offers its own hours', () => {
  const openings = [open(at(22, 1), at(22, 3))];
  expect(all(at(21, 22), { opensAtMs: at(22, 1), openings })).toEqual([
    at(22, 1),
    at(22, 1, 30),
    at(22, 2),
    at(22, 2, 30),
  ]);
});

test('an opening too short for a half hour, or beyond what was told, is offered itself', () => {
  const openings = [open(at(23, 9, 5), at(23, 9, 15))];
  expect(all(at(21, 22), { opensAtMs: at(23, 9, 5), openings })).toEqual([at(23, 9, 5)]);
  expect(all(at(21, 22), { opensAtMs: at(29, 9), openings: [] })).toEqual([at(29, 9)]);
});

test('five days are offered, each with its times', () => {
  const days = slotDays(at(21, 12), offer());
  expect(days).toHaveLength(5);
  for (const { dayAtMs, slots } of days) {
    expect(slots.every((slot) => new Date(slot).setHours(0, 0, 0, 0) === dayAtMs)).toBe(true);
  }
});

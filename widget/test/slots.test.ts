import { expect, test } from 'vitest';
import { slotDays } from '../src/callback/slots';

const at = (day: number, hour: number, minute = 0) => new Date(2026, 10, day, hour, minute).getTime();
const all = (now: number, opens: number | null) => slotDays(now, opens).flatMap((d) => d.slots);

test('times begin a quarter of an hour from now at the earliest, at the next half hour', () => {
  expect(all(at(21, 10, 5), null)[0]).toBe(at(21, 10, 30));
  expect(all(at(21, 10, 20), null)[0]).toBe(at(21, 11, 0));
});

test('nobody is called at night, in the time zone of the visitor', () => {
  const hours = all(at(21, 23), null).map((slot) => new Date(slot).getHours());
  expect(Math.min(...hours)).toBe(8);
  expect(Math.max(...hours)).toBe(20);
});

test('when it is closed the times begin with the opening', () => {
  expect(all(at(21, 22), at(23, 9))[0]).toBe(at(23, 9));
});

test('an opening early in the morning of the visitor is offered all the same', () => {
  expect(all(at(21, 22), at(22, 6))[0]).toBe(at(22, 6));
});

test('five days are offered, each with its times', () => {
  const days = slotDays(at(21, 12), null);
  expect(days).toHaveLength(5);
  for (const { dayAtMs, slots } of days) {
    expect(slots.every((slot) => new Date(slot).setHours(0, 0, 0, 0) === dayAtMs)).toBe(true);
  }
});

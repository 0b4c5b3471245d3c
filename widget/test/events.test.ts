import { beforeEach, describe, expect, test } from 'vitest';
import { createEvents, type Events } from '../src/triggers/events';
import type { Signal } from '../src/triggers/facts';

let told: Signal[];
let events: Events;

beforeEach(() => {
  told = [];
  events = createEvents((signal) => told.push(signal));
});

describe('events of the page', () => {
  const event = { kind: 'event' as const, name: 'cart' };

  test('that are watched are told, each with its data, the same one once', () => {
    events.watch([event]);
    events.event('cart', { total: 10 });
    events.event('cart', { total: 10 });
    events.event('cart', { total: 25 });
    events.event('other');
    expect(told).toEqual([
      { ...event, data: { total: 10 } },
      { ...event, data: { total: 25 } },
    ]);
  });

  test('from before anybody watched are told then, and to a server that asks again', () => {
    events.event('cart');
    events.watch([event]);
    expect(told).toEqual([event]);
    events.watch([event]);
    expect(told).toHaveLength(2);
    events.begin();
    events.watch([event]);
    expect(told).toHaveLength(2);
  });

  test('hold names and plain values only, and are not endless', () => {
    events.watch([event]);
    for (const name of ['', 'two words', '<b>', 'x'.repeat(65), 7, null, {}]) events.event(name);
    events.event('cart', {
      total: 1.5,
      isNew: true,
      size: 'x'.repeat(300),
      bad: Number.NaN,
      list: [1],
      deep: {},
      'a b': 1,
      run() {},
    });
    expect(told).toEqual([{ ...event, data: { total: 1.5, isNew: true, size: 'x'.repeat(200) } }]);
    for (let i = 0; i < 50; i++) events.event('cart', { i });
    expect(told).toHaveLength(20);
    for (const data of [null, 'text', 5, [1, 2]]) expect(() => events.event('cart', data)).not.toThrow();
  });
});

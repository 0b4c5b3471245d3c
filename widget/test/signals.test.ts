/** The small signals do what the real ones do. */
import * as real from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import * as small from '../src/shared/signals';

describe.each([
  ['@preact/signals-core', real],
  ['ours', small as unknown as typeof real],
])('%s', (_name, { batch, computed, effect, signal }) => {
  test('an effect runs at once and after every change of what it read', () => {
    const [a, b, log] = [signal(1), signal(10), [] as number[]];
    const stop = effect(() => {
      log.push(a.value > 1 ? a.value + b.value : a.value);
    });
    b.value = 20;
    a.value = 2;
    b.value = 30;
    a.value = 2;
    stop();
    a.value = 5;
    expect(log).toEqual([1, 22, 32]);
  });

  test('a batch is one change', () => {
    const [a, b, log] = [signal(1), signal(1), [] as number[]];
    effect(() => void log.push(a.value + b.value));
    batch(() => {
      a.value = 2;
      batch(() => {
        b.value = 2;
      });
      expect(log).toEqual([2]);
    });
    expect(log).toEqual([2, 4]);
  });

  test('a computed value is worked out when it is read, once, and is never half new', () => {
    const a = signal(1);
    let worked = 0;
    const double = computed(() => {
      worked++;
      return a.value * 2;
    });
    const sum = computed(() => double.value + a.value);
    expect(worked).toBe(0);
    const log: number[] = [];
    effect(() => void log.push(sum.value));
    a.value = 2;
    a.value = 3;
    expect([log, worked]).toEqual([[3, 6, 9], 3]);
    expect([sum.value, worked]).toEqual([9, 3]);
  });

  test('an effect may change what another one reads', () => {
    const [a, b, log] = [signal(1), signal(0), [] as number[]];
    effect(() => {
      b.value = a.value * 10;
    });
    effect(() => void log.push(b.value));
    a.value = 2;
    expect(log).toEqual([10, 20]);
  });

  test('an effect cleans up before it runs again and when it is stopped', () => {
    const [a, log] = [signal(1), [] as string[]];
    const stop = effect(() => {
      const { value } = a;
      return () => void log.push(`clean ${value}`);
    });
    a.value = 2;
    stop();
    expect(log).toEqual(['clean 1', 'clean 2']);
  });

  test('looking without watching does not subscribe', () => {
    const [a, log] = [signal(1), [] as number[]];
    effect(() => void log.push(a.peek()));
    a.value = 2;
    expect(log).toEqual([1]);
  });

  test('a circle is an error, not a frozen page', () => {
    const a = signal(0);
    expect(() =>
      effect(() => {
        a.value = a.value + 1;
      }),
    ).toThrow(/cycle/i);
  });

  test('one watcher that throws does not silence the later changes', () => {
    const [a, log] = [signal(0), [] as number[]];
    effect(() => {
      if (a.value === 1) throw new Error('once');
    });
    effect(() => void log.push(a.value));
    expect(() => {
      a.value = 1;
    }).toThrow('once');
    a.value = 2;
    expect(log.at(-1)).toBe(2);
  });
});

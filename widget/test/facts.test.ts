import { beforeEach, describe, expect, test } from 'vitest';
import { createFacts, type Facts, type Leaving, RESTS_MS, type Signal } from '../src/triggers/facts';

let nowMs: number;
let told: Signal[];
let facts: Facts;

/** Let seconds pass, looking once a second as the timer does. */
const pass = (seconds: number) => {
  for (let i = 0; i < seconds; i++) {
    nowMs += 1000;
    facts.tick();
  }
};
const leave = (over: Partial<Leaving> = {}) =>
  facts.left({ y: -3, isPressed: false, isField: false, ...over });

beforeEach(() => {
  nowMs = 1_700_000_000_000;
  told = [];
  facts = createFacts(
    () => nowMs,
    (signal) => told.push(signal),
  );
});

test('nothing is told that nobody watches', () => {
  pass(100);
  facts.scrolled(500, 1000, true);
  facts.moved();
  leave();
  expect(told).toEqual([]);
  expect(facts.isWaiting()).toBe(false);
});

describe('active time', () => {
  beforeEach(() => facts.watch([{ kind: 'time', value: 10 }]));

  test('is told once it is reached, once', () => {
    pass(9);
    expect(told).toEqual([]);
    pass(20);
    expect(told).toEqual([{ kind: 'time', value: 10 }]);
    expect(facts.isWaiting()).toBe(false);
  });

  test('does not pass while the page is hidden', () => {
    pass(5);
    facts.seen(false);
    pass(60);
    facts.seen(true);
    pass(4);
    expect(told).toEqual([]);
    pass(1);
    expect(told).toHaveLength(1);
  });

  test('does not pass while nobody does anything, nor while the machine sleeps', () => {
    facts.watch([{ kind: 'time', value: 70 }]);
    pass(RESTS_MS / 1000 + 200);
    expect(told).toEqual([]);
    nowMs += 3_600_000;
    facts.acted();
    pass(9);
    expect(told).toEqual([]);
    pass(3);
    expect(told).toEqual([{ kind: 'time', value: 70 }]);
  });

  test('begins anew with another page', () => {
    pass(8);
    facts.begin();
    pass(8);
    expect(told).toEqual([]);
    pass(2);
    expect(told).toHaveLength(1);
    facts.begin();
    pass(10);
    expect(told).toHaveLength(2);
  });

  test('is told again to a server that asks again, with what it is by now', () => {
    pass(12);
    facts.watch([
      { kind: 'time', value: 10 },
      { kind: 'time', value: 15 },
      { kind: 'time', value: 12 },
    ]);
    expect(told).toEqual([
      { kind: 'time', value: 10 },
      { kind: 'time', value: 12 },
    ]);
    pass(3);
    expect(told.at(-1)).toEqual({ kind: 'time', value: 15 });
  });
});

describe('scroll depth', () => {
  beforeEach(() =>
    facts.watch([
      { kind: 'scroll', value: 50 },
      { kind: 'scroll', value: 90 },
    ]),
  );

  test('is how far down one has been, told at each mark', () => {
    for (const y of [100, 490, 600, 200, 700, 950, 1000]) facts.scrolled(y, 1000, false);
    expect(told).toEqual([
      { kind: 'scroll', value: 60 },
      { kind: 'scroll', value: 95 },
    ]);
  });

  test('of a page that is all in sight is the whole page', () => {
    facts.scrolled(0, -1, false);
    expect(told).toEqual([{ kind: 'scroll', value: 100 }]);
  });

  test('outlasts a reconnect', () => {
    facts.scrolled(600, 1000, false);
    facts.watch([{ kind: 'scroll', value: 50 }]);
    expect(told).toHaveLength(2);
  });
});

describe('leaving with a pointer', () => {
  beforeEach(() => {
    facts.watch([{ kind: 'exit', name: 'any' }]);
    nowMs += 3001;
    facts.moved();
  });

  test('is told once for a page', () => {
    leave();
    facts.moved();
    leave();
    expect(told).toEqual([{ kind: 'exit', name: 'desktop' }]);
    facts.begin();
    nowMs += 3001;
    facts.moved();
    leave();
    expect(told).toHaveLength(2);
  });

  test.each([
    ['by the side or the bottom', { y: 300 }],
    ['while something is dragged', { isPressed: true }],
    ['into the popup of a list', { isField: true }],
  ])('is not leaving: %s', (_how, over) => {
    leave(over);
    expect(told).toEqual([]);
  });

  test('a pointer that only crosses the page from its edge has not left it', () => {
    facts.begin();
    nowMs += 5000;
    leave();
    expect(told).toEqual([]);
  });

  test('what was dragged out and let go there has not left the page', () => {
    facts.moved(true);
    leave();
    expect(told).toEqual([]);
  });

  test('nobody leaves in the first three seconds', () => {
    facts.begin();
    facts.moved();
    nowMs += 2900;
    leave();
    expect(told).toEqual([]);
  });

  test('is not told again to a server that asks again: the moment is over', () => {
    leave();
    facts.watch([{ kind: 'exit', name: 'any' }]);
    pass(5);
    expect(told).toHaveLength(1);
  });

  test('a rule for touch screens does not hear of it', () => {
    facts.watch([{ kind: 'exit', name: 'touch' }]);
    leave();
    expect(told).toEqual([]);
  });
});

describe('leaving by touch', () => {
  const PAGE = 4000;
  beforeEach(() => facts.watch([{ kind: 'exit', name: 'touch' }]));
  /** Scroll from one place to another at a speed, a frame every 20 ms. */
  const swipe = (from: number, to: number, pxPerMs: number, isTouch = true) => {
    const step = Math.sign(to - from) * pxPerMs * 20;
    for (let y = from; step > 0 ? y <= to : y >= to; y += step) {
      nowMs += 20;
      facts.scrolled(Math.max(0, y), PAGE, isTouch);
    }
  };
  const settle = () => {
    nowMs += 300;
    facts.tick();
  };

  test('is a fast way up from deep in the page', () => {
    swipe(0, 2000, 1);
    swipe(2000, 1200, 4.5);
    settle();
    expect(told).toEqual([{ kind: 'exit', name: 'touch' }]);
  });

  test.each([
    ['slow', () => swipe(2000, 1200, 0.5)],
    ['a twitch', () => swipe(2000, 1950, 3)],
    ['the way to the top', () => swipe(2000, 0, 5)],
    ['by a wheel', () => swipe(2000, 1200, 4.5, false)],
  ])('is not leaving: %s', (_how, scroll) => {
    swipe(0, 2000, 1);
    scroll();
    settle();
    expect(told).toEqual([]);
  });

  test('a button that leads to the top is no exit', () => {
    swipe(0, 2000, 1);
    facts.clicked();
    swipe(2000, 1200, 4.5);
    settle();
    expect(told).toEqual([]);
  });

  test('near the top of the page nobody leaves', () => {
    swipe(0, 1100, 1);
    swipe(1100, 300, 4.5);
    settle();
    expect(told).toEqual([]);
  });
});

describe('doing nothing', () => {
  beforeEach(() => facts.watch([{ kind: 'idle', value: 20 }]));

  test('is told after so many seconds without a key, a pointer or a scroll', () => {
    pass(15);
    facts.acted();
    pass(19);
    expect(told).toEqual([]);
    pass(1);
    expect(told).toEqual([{ kind: 'idle', value: 20 }]);
  });

  test('is not meant when the page is hidden', () => {
    facts.seen(false);
    pass(60);
    expect(told).toEqual([]);
    facts.seen(true);
    pass(5);
    expect(told).toEqual([]);
  });
});

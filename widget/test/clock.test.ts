import { expect, test } from 'vitest';
import { whenText, whenThereText } from '../src/shared/clock';

const NOW = Date.UTC(2026, 10, 21, 12);
const OPENS = Date.UTC(2026, 10, 22, 7);

test('whoever reads the same clocks as the site reads only the time', () => {
  const here = -new Date(OPENS).getTimezoneOffset();
  expect(whenThereText(OPENS, NOW, here)).toBe(whenText(OPENS, NOW));
  expect(whenThereText(OPENS, NOW, null)).toBe(whenText(OPENS, NOW));
});

test('whoever lives by other clocks is told whose time it is', () => {
  const there = 60 - new Date(OPENS).getTimezoneOffset();
  const text = whenThereText(OPENS, NOW, there);
  expect(text.startsWith(`${whenText(OPENS, NOW)} `)).toBe(true);
  expect(text).toMatch(/(UTC|GMT|[A-Z]{2,5})([+-]\d+)?$/);
});

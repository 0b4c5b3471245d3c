import { expect, test } from 'vitest';
import { titleText } from '../src/app/title';

test('the title says what waits, then what is shown, then whose it is', () => {
  expect(titleText('Inbox', 0)).toBe('Inbox · Ringback');
  expect(titleText('Inbox', 3)).toBe('(3) Inbox · Ringback');
  expect(titleText('Calls', 120)).toBe('(99+) Calls · Ringback');
  expect(titleText('', 0)).toBe('Ringback');
});

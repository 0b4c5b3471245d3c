import { expect, test } from 'vitest';
import { fieldText, isTold, valueText } from '../src/changes/words';
import { exactWhen } from '../src/ui/time';

test.each([
  ['offer', 'simultaneous', 'All at once; the first to accept gets the call'],
  ['retry_delays_s', '30, 90, 600', '30 seconds, 90 seconds, 10 minutes'],
  ['callable_regions', 'MD, RO', 'Moldova, Romania'],
  ['locale', 'ro', 'Romanian'],
  ['status', 'live', 'Live'],
  ['status', 'completed', 'completed'],
  ['kind', 'network', 'Network address'],
  ['corner', 'top-end', 'Top right'],
  ['desktop', '20 × 40', '20 × 40 px'],
  ['phone', '+37369123456', '+37369123456'],
  ['role', 'admin', 'Administrator'],
  ['active', 'false', 'no'],
  ['expiresAt', '2026-12-06 14:05:00+00:00', exactWhen(Date.UTC(2026, 11, 6, 14, 5))],
  ['hours', 'Europe/Chisinau, mon 09:00-18:00, 2026-12-25', 'Europe/Chisinau, Mon 09:00–18:00, Dec 25, 2026'],
  ['visits', '400', '400 days'],
  ['name', null, 'nothing'],
])('%s: %s is said in words', (field, value, text) => {
  expect(valueText(field, value)).toBe(text);
});

test('a phone is a number of somebody, and a place of the button', () => {
  expect([fieldText('phone', 'person.updated'), fieldText('phone', 'site.appearance_changed')]).toEqual([
    'Phone',
    'Distance on a phone',
  ]);
});

test('data that was kept for ever says so, before and after', () => {
  expect([fieldText('conversations'), valueText('conversations', null)]).toEqual([
    'Conversations',
    'for ever',
  ]);
  expect([isTold('conversations', null), isTold('reason', null)]).toEqual([true, false]);
});

import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import type { TimelineEvent } from '../src/shared/contracts.gen';
import { RETRY_CODES } from '../src/shared/contracts.gen';
import { AskError, errorText, hasErrorText } from '../src/shared/errors';
import { setCatalog } from '../src/shared/gettext';
import { eventText } from '../src/shared/timeline';
import { staffEventText } from '../src/shared/timeline.staff';

const contract = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../server/contracts/${name}`, import.meta.url), 'utf8'));
const codes: Record<string, { retry: boolean }> = contract('errors.json');
const eventNames: TimelineEvent['name'][] =
  contract('chat.schema.json').$defs.TimelineEvent.properties.name.enum;
const NOW = Date.UTC(2026, 10, 21, 12);

afterEach(() => setCatalog('en', {}));

test('every error code has a sentence', () => {
  expect(Object.keys(codes).filter((code) => !hasErrorText(code))).toEqual([]);
});

test('a sentence about an error has no hole and ends as a sentence', () => {
  for (const code of Object.keys(codes)) {
    const text = errorText({ code, details: { max: 4000, name: 'Ana', field: 'hours' } });
    expect(text, code).toMatch(/^[A-Z].*[.]$/s);
    expect(text, code).not.toMatch(/[{}]|undefined|NaN/);
  }
});

test('what may be sent again is what the contract says, and what got lost on the way', () => {
  const again = Object.keys(codes).filter((code) => codes[code]?.retry);
  expect([...RETRY_CODES].sort()).toEqual(again.sort());
  expect(new AskError('connection_lost').retry).toBe(true);
  expect(new AskError('phone_invalid').retry).toBe(false);
});

test('a limit says how long to wait', () => {
  expect(errorText({ code: 'rate_limited', details: { retryAfterS: 30 } })).toContain(
    'Try again in 30 seconds.',
  );
  expect(errorText({ code: 'callback_limit', details: { retryAfterS: 3600 } })).toContain('60 minutes');
  expect(errorText({ code: 'unavailable' })).toContain('a little later');
});

test('an unknown code does not leave the visitor without words', () => {
  expect(errorText({ code: 'never_heard_of' })).toBe(errorText({ code: 'internal_error' }));
});

test('every event of the timeline has a sentence for both sides', () => {
  for (const name of eventNames) {
    const event = { name, data: { name: 'Ana', durationS: 75, atMs: NOW + 60_000 } };
    for (const text of [eventText(event, NOW), staffEventText(event, NOW)]) {
      expect(text, name).not.toBe('');
      expect(text, name).not.toMatch(/[{}]|undefined/);
    }
  }
});

test('a nameless consultant still makes a sentence', () => {
  expect(eventText({ name: 'call_consultant_accepted', data: {} }, NOW)).toBe('The consultant answered');
  expect(eventText({ name: 'call_ended', data: {} }, NOW)).toBe('The call has ended');
  expect(eventText({ name: 'call_ended', data: { durationS: 130 } }, NOW)).toBe('You talked for 2 minutes');
});

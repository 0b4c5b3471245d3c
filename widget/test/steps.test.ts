import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { currentStep, hasRung, stepsOf, waysOut } from '../src/callback/steps';
import type { Callback } from '../src/shared/contracts.gen';
import { isOver } from '../src/shared/ends';
import { attempt, callback, leg, visitorLeg } from './builders';

const NOW = Date.UTC(2026, 10, 21, 12);
const told = (c: Callback) => stepsOf(c, NOW).map((s) => `${s.tone}: ${s.text}`);
const schema = JSON.parse(
  readFileSync(new URL('../../server/contracts/callback.schema.json', import.meta.url), 'utf8'),
);
const STATES: Callback['state'][] = schema.$defs.CallbackState.enum;

test('a call that works out is told step by step', () => {
  expect(told(callback({ state: 'queued' }))).toEqual([
    'done: A call was requested',
    'now: Looking for a free consultant…',
  ]);
  expect(told(callback({ attempts: [attempt(leg())] }))).toEqual([
    'done: A call was requested',
    'now: Calling Ana',
  ]);
  const accepted = leg({ state: 'in_progress', outcome: 'accepted' });
  expect(told(callback({ state: 'agent_ready', attempts: [attempt(accepted, visitorLeg())] }))).toEqual([
    'done: A call was requested',
    'done: Ana answered',
    'now: Your phone is ringing',
  ]);
  const both = attempt(accepted, visitorLeg({ state: 'in_progress', outcome: 'accepted' }));
  expect(currentStep(callback({ state: 'bridged', attempts: [both] }), NOW)).toMatchObject({
    text: 'You are connected with Ana',
    tone: 'now',
  });
  expect(told(callback({ state: 'completed', durationS: 45, attempts: [both] })).slice(-2)).toEqual([
    'done: You are connected with Ana',
    'done: You talked for 45 seconds',
  ]);
});

test('a consultant who cannot is named, and the next one is looked for', () => {
  for (const [outcome, text] of [
    ['busy', 'Ana is on another call'],
    ['no_answer', 'Ana did not pick up'],
    ['declined', 'Ana cannot take the call'],
    ['voicemail', 'Voicemail answered instead of Ana'],
    ['failed', 'Ana could not be reached'],
  ] as const) {
    const first = leg({ state: 'completed', outcome });
    expect(told(callback({ attempts: [attempt(first)] })).slice(1)).toEqual([
      `failed: ${text}`,
      'now: Looking for a free consultant…',
    ]);
    const second = leg({ personName: 'Boris' });
    expect(told(callback({ attempts: [attempt(first, second)] })).slice(1)).toEqual([
      `failed: ${text}`,
      'now: Calling Boris',
    ]);
  }
});

test('phones that were only told to stop ringing are not counted as failures', () => {
  const stopped = leg({ personName: 'Boris', state: 'canceled', outcome: 'canceled' });
  expect(
    told(callback({ attempts: [attempt(stopped, leg({ outcome: 'accepted', state: 'in_progress' }))] })),
  ).toEqual(['done: A call was requested', 'done: Ana answered', 'now: Looking for a free consultant…']);
});

test('a consultant who picked up but has not pressed the key yet is still being called', () => {
  const listening = callback({ attempts: [attempt(leg({ state: 'in_progress' }))] });
  expect(currentStep(listening, NOW).text).toBe('Calling Ana');
});

test('nobody could: it is said, and a time or a message is offered', () => {
  const none = callback({
    state: 'no_agent',
    attempts: [attempt(leg({ outcome: 'no_answer', state: 'no_answer' }))],
  });
  expect(told(none).at(-1)).toBe('failed: Nobody could take the call');
  expect(waysOut(none)).toEqual(['time', 'message']);
});

test('before the next try it is said that nobody could, and a time or a message is offered', () => {
  const first = attempt(leg({ outcome: 'busy', state: 'busy' }));
  const waiting = callback({
    state: 'retry_wait',
    opensAtMs: NOW + 60_000,
    attempts: [{ ...first, outcome: 'no_agent' }],
  });
  expect(told(waiting).at(-2)).toBe('failed: Nobody could take the call');
  expect(currentStep(waiting, NOW).text).toContain('The next try');
  expect(waysOut(waiting)).toEqual(['time', 'message']);
  const missed = { ...waiting, attempts: [{ ...first, outcome: 'no_answer' }] };
  expect(told(missed).join()).not.toContain('Nobody could');
});

test('a later time is said as a time, not as something that happens now', () => {
  const later = callback({ state: 'scheduled', opensAtMs: NOW + 3_600_000 });
  expect(currentStep(later, NOW).tone).toBe('wait');
  expect(currentStep(callback({ state: 'retry_wait', opensAtMs: NOW + 60_000 }), NOW).text).toContain(
    'The next try',
  );
});

test('every state says something, and every end has a way out', () => {
  for (const state of STATES) {
    const step = currentStep(callback({ state }), NOW);
    expect(step.text, state).not.toBe('');
    if (isOver(callback({ state }))) {
      expect(step.tone, state).not.toBe('now');
      expect(waysOut(callback({ state })), state).toContain('message');
    } else expect(['now', 'wait'], state).toContain(step.tone);
  }
});

test('only the last line is still happening', () => {
  const two = callback({ attempts: [attempt(leg(), leg({ personName: 'Boris' }))] });
  expect(stepsOf(two, NOW).map((s) => s.tone)).toEqual(['done', 'done', 'now']);
});

test('once the phone has rung, no promise about when it will is shown', () => {
  expect(hasRung(callback({ attempts: [attempt(leg())] }))).toBe(false);
  expect(hasRung(callback({ attempts: [attempt(leg(), visitorLeg())] }))).toBe(true);
});

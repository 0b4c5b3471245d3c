import { expect, test } from 'vitest';
import type { Retention } from '../../widget/src/shared/contracts.gen';
import { changesOf, isRight, isShorter } from '../src/privacy/retention';

const kept: Retention = {
  visitsDays: 400,
  conversationsDays: null,
  callbacksDays: 30,
  surveysDays: null,
  invitationsDays: null,
};

test('days are whole, from one to ten years, or nothing', () => {
  expect([null, 1, 3650].map(isRight)).toEqual([true, true, true]);
  expect([0, 3651, 1.5, Number.NaN].map(isRight)).toEqual([false, false, false, false]);
});

test('only what was changed is sent', () => {
  expect(changesOf(kept, kept)).toEqual({});
  expect(changesOf(kept, { ...kept, visitsDays: null, callbacksDays: 60 })).toEqual({
    visitsDays: null,
    callbacksDays: 60,
  });
});

test('only what deletes something is asked about', () => {
  expect(isShorter(kept, { ...kept, callbacksDays: 60, visitsDays: null })).toBe(false);
  expect(isShorter(kept, { ...kept, callbacksDays: 29 })).toBe(true);
  expect(isShorter(kept, { ...kept, conversationsDays: 3650 })).toBe(true);
});

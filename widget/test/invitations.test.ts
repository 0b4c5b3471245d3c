import { type Signal, signal } from '@preact/signals-core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AskError } from '../src/shared/errors.visitor';
import { createInvitations, type Invitations } from '../src/triggers/invitations';
import { invitation } from './builders';
import { fakeLink, fakeVisit } from './fakes';

/** One browser: what a tab claims no other tab gets. */
let claimed: Set<string>;

function tab(over: { isVisible?: boolean; hasFocus?: boolean; url?: string } = {}) {
  const net = fakeLink();
  const visits = fakeVisit();
  const isBusy: Signal<boolean> = signal(false);
  let remembered = 0;
  const around = { isVisible: true, hasFocus: true, url: 'https://shop.test/sofa', ...over };
  const invitations: Invitations = createInvitations({
    link: net.link,
    visit: visits.visit,
    isBusy: () => isBusy.value,
    isVisible: () => around.isVisible,
    hasFocus: () => around.hasFocus,
    url: () => around.url,
    remember: () => {
      remembered += 1;
    },
    claim: async (name) => !claimed.has(name) && !!claimed.add(name),
  });
  return {
    ...net,
    ...visits,
    around,
    isBusy,
    invitations,
    remembered: () => remembered,
    isShown: () => invitations.shown.value !== null,
    outcomes: () => net.askedFor('invitation:outcome').map((o) => (o as { outcome: string }).outcome),
  };
}
const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  claimed = new Set();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => vi.useRealTimers());

test('an invitation is shown, accepted, and each is said once', async () => {
  const { invitations, isShown, outcomes, notes, remembered } = tab();
  invitations.offer(invitation());
  await passes(0);
  expect(isShown()).toBe(true);
  expect(remembered()).toBe(0);
  await invitations.accept();
  await invitations.accept();
  invitations.dismiss();
  expect(isShown()).toBe(false);
  expect(outcomes()).toEqual(['shown', 'accepted']);
  expect(notes).toEqual(['invited']);
  expect(remembered()).toBe(1);
});

test('an invitation that was closed is closed, and does not come back', async () => {
  const { invitations, isShown, outcomes } = tab();
  invitations.offer(invitation());
  await passes(0);
  invitations.dismiss();
  invitations.offer(invitation());
  await passes(1000);
  expect(isShown()).toBe(false);
  expect(outcomes()).toEqual(['shown', 'dismissed']);
});

test.each([
  ['is hidden', { isVisible: false }],
  ['shows another page', { url: 'https://shop.test/cart' }],
])('a tab that %s stays quiet', async (_what, around) => {
  const { invitations, isShown, outcomes } = tab(around);
  invitations.offer(invitation());
  await passes(1000);
  expect(isShown()).toBe(false);
  expect(outcomes()).toEqual([]);
});

test('an invitation without a page is for whichever page is in sight', async () => {
  const { invitations, isShown } = tab({ url: 'https://shop.test/cart' });
  invitations.offer(invitation({ page: null }));
  await passes(0);
  expect(isShown()).toBe(true);
});

test('of two windows side by side the one in use shows it, and only that one', async () => {
  const [beside, used] = [tab({ hasFocus: false }), tab()];
  for (const { invitations } of [beside, used]) invitations.offer(invitation());
  await passes(1000);
  expect([beside.isShown(), used.isShown()]).toEqual([false, true]);
  expect([...beside.outcomes(), ...used.outcomes()]).toEqual(['shown']);
});

test('of two windows that are not in use one shows it', async () => {
  const both = [tab({ hasFocus: false }), tab({ hasFocus: false })];
  for (const { invitations } of both) invitations.offer(invitation());
  await passes(1000);
  expect(both.filter((t) => t.isShown())).toHaveLength(1);
});

test('who is in the panel, in a chat or in a call is not interrupted', async () => {
  const { invitations, isBusy, isShown, outcomes } = tab();
  isBusy.value = true;
  invitations.offer(invitation());
  await passes(1000);
  expect([isShown(), outcomes()]).toEqual([false, []]);
});

test('who opens the panel while invited sees the panel alone', async () => {
  const { invitations, isBusy, isShown, outcomes } = tab();
  invitations.offer(invitation());
  await passes(0);
  isBusy.value = true;
  expect([isShown(), outcomes()]).toEqual([false, ['shown']]);
});

test('an invitation closed in one tab is gone in the others', async () => {
  const { invitations, isShown, hearNote, outcomes } = tab();
  invitations.offer(invitation());
  await passes(0);
  hearNote('invited', 'another');
  expect(isShown()).toBe(true);
  hearNote('invited', 'imp-1');
  expect([isShown(), outcomes()]).toEqual([false, ['shown']]);
});

test('an invitation stays behind with its page', async () => {
  const { invitations, isShown, move } = tab();
  invitations.offer(invitation());
  await passes(0);
  move();
  expect(isShown()).toBe(false);
});

test('a second invitation does not push the first away', async () => {
  const { invitations } = tab();
  invitations.offer(invitation());
  await passes(0);
  invitations.offer(invitation({ impressionId: 'imp-2' }));
  await passes(1000);
  expect(invitations.shown.value?.impressionId).toBe('imp-1');
});

test('what became of it is told after the connection is back, in order', async () => {
  const { invitations, answers, state, start, askedFor } = tab();
  let isBroken = true;
  answers['invitation:outcome'] = () => {
    if (isBroken) throw new AskError('connection_lost');
    return {};
  };
  state.value = 'offline';
  invitations.offer(invitation());
  await passes(0);
  invitations.dismiss();
  await passes(0);
  isBroken = false;
  start();
  await passes(0);
  const told = askedFor('invitation:outcome').slice(-2) as { outcome: string }[];
  expect(told.map((t) => t.outcome)).toEqual(['shown', 'dismissed']);
  start();
  await passes(10_000);
  expect(askedFor('invitation:outcome').slice(-2)).toEqual(told);
});

test('an outcome that the server refuses is not said for ever', async () => {
  const { invitations, answers, outcomes } = tab();
  answers['invitation:outcome'] = () => {
    throw new AskError('not_found');
  };
  invitations.offer(invitation());
  await passes(60_000);
  expect(outcomes()).toEqual(['shown']);
});

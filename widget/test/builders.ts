/** Things of the contracts with everything filled in; a test names only what it is about. */
import type {
  Attempt,
  Callback,
  CallbackOffer,
  InvitationShow,
  Leg,
  Message,
} from '../src/shared/contracts.gen';

export const message = (over: Partial<Message> = {}): Message => ({
  id: `m${over.seq ?? 1}`,
  conversationId: 'c1',
  clientMessageId: `client-${over.seq ?? 1}`,
  seq: 1,
  kind: 'text',
  author: { kind: 'consultant', id: 'p1', name: 'Ana' },
  text: 'Hello',
  files: [],
  event: null,
  sentAtMs: Date.UTC(2026, 10, 21, 12),
  ...over,
});

export const leg = (over: Partial<Leg> = {}): Leg => ({
  role: 'consultant',
  personId: 'p1',
  personName: 'Ana',
  state: 'ringing',
  outcome: null,
  startedAtMs: 1000,
  endedAtMs: null,
  ...over,
});

export const visitorLeg = (over: Partial<Leg> = {}): Leg =>
  leg({ role: 'visitor', personId: null, personName: null, ...over });

export const attempt = (...legs: Leg[]): Attempt => ({ number: 1, startedAtMs: 1000, outcome: null, legs });

export const callback = (over: Partial<Callback> = {}): Callback => ({
  id: 'cb1',
  state: 'offering',
  via: 'phone',
  etaS: null,
  promise: null,
  opensAtMs: null,
  outcome: null,
  attempts: [],
  version: 1,
  clientRequestId: 'request-1',
  phoneEnding: '01',
  conversationId: null,
  durationS: null,
  createdAtMs: 1000,
  updatedAtMs: 1000,
  ...over,
});

export const invitation = (over: Partial<InvitationShow> = {}): InvitationShow => ({
  impressionId: 'imp-1',
  ruleId: 'rule-1',
  action: { kind: 'chat' },
  content: { locale: 'en', title: 'Need a hand?', text: 'Ask me about sizes.', button: 'Ask now' },
  consultant: { id: 'p1', name: 'Clara', photoUrl: null },
  automatic: true,
  page: 'https://shop.test/sofa',
  ...over,
});

/** The offer of a site that is open. */
export const offer = (over: Partial<CallbackOffer> = {}): CallbackOffer => ({
  offered: true,
  etaS: null,
  opensAtMs: null,
  closed: null,
  opensOffsetMin: null,
  ...over,
});

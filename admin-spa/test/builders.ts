// Fixtures: the smallest true things, with only what a test cares about said out loud.
import type {
  Callback,
  InboxConversation,
  Lead,
  Message,
  Person,
  TriggerRule,
  VisitorCard,
  WidgetConfig,
} from '../../widget/src/shared/contracts.gen';

export const T0 = Date.UTC(2026, 10, 20, 12, 0, 0);
export const ANNA: Person = {
  id: 'anna',
  name: 'Anna',
  email: 'anna@shop.example',
  role: 'consultant',
  active: true,
  photoUrl: null,
  status: 'available',
  online: true,
  locale: 'en',
};

export function visitor(part: Partial<VisitorCard> = {}): VisitorCard {
  const page = { url: 'https://shop.example/kettles', title: 'Kettles', atMs: T0 };
  return {
    id: 'v1',
    siteId: 's1',
    name: null,
    number: 12,
    online: true,
    page,
    trail: [page],
    locale: 'en',
    timeZone: 'Europe/Chisinau',
    visits: 1,
    attribution: null,
    firstSeenAtMs: T0,
    lastSeenAtMs: T0,
    conversationId: 'c1',
    ...part,
  };
}

export function conversation(part: Partial<InboxConversation> = {}): InboxConversation {
  return {
    id: 'c1',
    siteId: 's1',
    status: 'waiting',
    visitor: visitor(),
    assigneeId: null,
    assigneeName: null,
    departmentId: null,
    lastSeq: 0,
    unread: 0,
    lastText: '',
    lastAuthorKind: 'visitor',
    waitingSinceMs: null,
    createdAtMs: T0,
    updatedAtMs: T0,
    receipts: { visitorDeliveredSeq: 0, visitorReadSeq: 0, consultantDeliveredSeq: 0, consultantReadSeq: 0 },
    ...part,
  };
}

export function message(seq: number, part: Partial<Message> = {}): Message {
  const conversationId = part.conversationId ?? 'c1';
  return {
    id: `${conversationId}-m${seq}`,
    conversationId,
    clientMessageId: `${conversationId}-client-${seq}`,
    seq,
    kind: 'text',
    author: { kind: 'visitor', id: 'v1' },
    text: `line ${seq}`,
    files: [],
    event: null,
    sentAtMs: T0 + seq * 1000,
    ...part,
  };
}

export function callback(part: Partial<Callback> = {}): Callback {
  return {
    id: 'k1',
    state: 'offering',
    via: 'phone',
    etaS: null,
    promise: null,
    opensAtMs: null,
    outcome: null,
    attempts: [],
    version: 1,
    clientRequestId: 'request-1',
    phoneEnding: '3456',
    conversationId: 'c1',
    durationS: null,
    createdAtMs: T0,
    updatedAtMs: T0,
    ...part,
  };
}

export function lead(part: Partial<Callback> = {}): Lead {
  return {
    callback: callback(part),
    siteId: 's1',
    visitorId: 'v1',
    phone: '+37322123456',
    name: null,
    topic: null,
    page: null,
  };
}

export function ruleOf(part: Partial<TriggerRule> = {}): TriggerRule {
  return {
    id: 'r1',
    siteId: 's1',
    version: 3,
    status: 'draft',
    enabled: false,
    draft: {
      name: 'Help with choosing',
      condition: {
        kind: 'all',
        conditions: [
          { kind: 'time', atLeastS: 30 },
          { kind: 'any', conditions: [{ kind: 'returning' }, { kind: 'event', name: 'cart_add' }] },
          { kind: 'not', condition: { kind: 'language', anyOf: ['ro'] } },
        ],
      },
      action: { kind: 'chat' },
      texts: [{ locale: 'en', title: 'Hello', text: 'Can I help with {page|this page}?', button: 'Ask' }],
      invitee: 'consultant',
      priority: 50,
      caps: { perVisit: null, perDay: null, perVisitor: null },
      schedule: { fromAtMs: null, untilAtMs: null },
      samplePercent: 100,
    },
    live: null,
    liveVersion: null,
    hasChanges: false,
    updatedAtMs: T0,
    updatedBy: { id: 'mara', name: 'Mara' },
    counts: { shown: 0, accepted: 0, dismissed: 0 },
    ...part,
  };
}

/** A site's public configuration. */
export const siteConfig = (): WidgetConfig => ({
  site: {
    siteId: 's1',
    consultantsOnline: true,
    siteKey: 'k',
    name: 'Shop',
    protocol: 1,
    version: 1,
    defaultLocale: 'en',
    locales: ['en', 'ru', 'ro'],
    color: '#2457d6',
    corner: 'bottom-end',
    desktop: { x: 20, y: 20 },
    phone: { x: 20, y: 20 },
    theme: 'auto',
    quiet: false,
    texts: {},
    country: 'MD',
    countries: [],
    recording: 'off',
    privacyUrl: null,
    departments: [],
  },
  callback: { offered: true, etaS: null, opensAtMs: null, closed: null, opensOffsetMin: null },
});

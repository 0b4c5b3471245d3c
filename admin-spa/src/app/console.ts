// One signed-in person's console: everything the screens read, composed of a desk, callbacks, visitors, people and alerts.
import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import type {
  Alert,
  Department,
  InboxConversation,
  Lead,
  Person,
  SurveyRun,
  VisitorCard,
} from '../../../widget/src/shared/contracts.gen';
import { AskError } from '../../../widget/src/shared/errors';
import { type Leads, leadsFromSnapshot, withLead } from '../calls/leads';
import { openDesk } from '../inbox/desk';
import { unreadFor } from '../inbox/list';
import type { Outbox } from '../inbox/outbox';
import { type Acknowledged, acknowledge, repeatInMs, ringing, type Tone, toneOf } from './alerts';
import type { Link } from './link';

/** What is told of one thing in two events comes within this. */
const SETTLE_MS = 500;

export interface ConsoleParts {
  readonly link: Link;
  readonly person: Person;
  readonly attention: ReadonlySignal<boolean>;
  readonly outbox: Outbox;
  readonly now: () => number;
  readonly newId: () => string;
  readonly later: (run: () => void, inMs: number) => void;
  /** Make a sound; called only for what this person has not seen. */
  readonly ring: (tone: Tone) => void;
  /** Show a desktop notification, if the person wants them and does not look at the window. */
  readonly notify: (alert: Alert) => void;
  /** A colleague gave this conversation to the person. */
  readonly handed: (conversation: InboxConversation) => void;
}

const TOGETHER_MS = 3_000;

export type Console = ReturnType<typeof openConsole>;
export type Loading = 'loading' | 'ready' | 'forbidden';

export function openConsole(parts: ConsoleParts) {
  const { link, attention, now, newId, later, ring, notify, handed } = parts;
  const me = signal<Person>(parts.person);
  const people = signal<ReadonlyMap<string, Person>>(new Map());
  const departments = signal<readonly Department[]>([]);
  const leads = signal<Leads>(new Map());
  const leadsState = signal<Loading>('loading');
  const visitors = signal<ReadonlyMap<string, VisitorCard>>(new Map());
  const visitorsState = signal<Loading>('loading');
  const acknowledged = signal<Acknowledged>(new Map());
  const freshLeads = signal<ReadonlySet<string>>(new Set());
  const answered = signal<SurveyRun | null>(null);
  const movedVisitors = new Set<string>();
  const touchedLeads = new Set<string>();

  const answers = parts.person.role !== 'marketer';
  const desk = openDesk({
    ...parts,
    myId: parts.person.id,
    answers,
    onLead: hearLead,
  });

  // --- snapshots and deltas --------------------------------------------------------------------------------------
  async function load(state: { value: Loading }, ask: () => Promise<void>): Promise<void> {
    try {
      await ask();
      state.value = 'ready';
    } catch (failure) {
      if (failure instanceof AskError && failure.code === 'forbidden') state.value = 'forbidden';
      else later(() => link.state.value === 'online' && void load(state, ask), 2_000);
    }
  }
  function hearLead(lead: Lead): void {
    touchedLeads.add(lead.callback.id);
    leads.value = withLead(leads.value, lead);
  }
  function refresh(): void {
    movedVisitors.clear();
    touchedLeads.clear();
    void load(leadsState, async () => {
      leads.value = leadsFromSnapshot(
        (await link.ask('callbacks:list', {})).leads,
        leads.value,
        touchedLeads,
      );
    });
    void load(visitorsState, async () => {
      const list = (await link.ask('visitors:list', {})).visitors;
      visitors.value = visitorsFromSnapshot(list, visitors.value, movedVisitors);
    });
    void load(signal<Loading>('loading'), async () => {
      const told = await link.ask('people:list', {});
      people.value = new Map(told.people.map((one) => [one.id, one]));
      departments.value = told.departments;
      me.value = people.value.get(me.value.id) ?? me.value;
    });
  }
  link.onConnect(refresh);
  link.on('callback:updated', ({ lead }) => hearLead(lead));
  link.on('visitor:updated', ({ visitor }) => {
    movedVisitors.add(visitor.id);
    visitors.value = withVisitorMoved(visitors.value, visitor);
  });
  link.on('visitor:erased', ({ visitorId }) => {
    movedVisitors.add(visitorId);
    visitors.value = new Map([...visitors.value].filter(([id]) => id !== visitorId));
    // What still runs is told again when it changes.
    leads.value = new Map([...leads.value].filter(([, lead]) => lead.visitorId !== visitorId));
    if (answered.value?.visitorId === visitorId) answered.value = null;
  });
  link.on('survey:answered', ({ run }) => {
    answered.value = run;
  });
  link.on('departments:changed', (told) => {
    departments.value = told.departments;
  });
  link.on('presence:updated', ({ person }) => {
    people.value = new Map(people.value).set(person.id, person);
    if (person.id === me.value.id) me.value = person;
  });

  // --- alerts ----------------------------------------------------------------------------------------------------
  const unseen = computed(() =>
    answers && me.value.status === 'available' ? ringing(desk.inbox.value, acknowledged.value) : [],
  );
  let rungAtMs: number | null = null;
  let planned = false;

  function soundAt(tone: Tone): void {
    if (tone === 'waiting') {
      // The state and the alert of one conversation come as two events; they are one reason to ring.
      if (rungAtMs !== null && now() - rungAtMs < TOGETHER_MS) return;
      rungAtMs = now();
    }
    ring(tone);
  }
  function repeat(): void {
    const inMs = repeatInMs(unseen.peek().length, rungAtMs, now());
    if (planned || inMs === null) return;
    planned = true;
    later(() => {
      planned = false;
      if (repeatInMs(unseen.peek().length, rungAtMs, now()) === 0) soundAt('waiting');
      repeat();
    }, inMs);
  }
  effect(() => {
    if (unseen.value.length > 0) repeat();
  });
  /** Opening a conversation while looking at it is seeing it. */
  effect(() => {
    const open = desk.openId.value;
    const conversation = open === null ? undefined : desk.inbox.value.get(open);
    if (!conversation || !attention.value || conversation.status !== 'waiting') return;
    if (
      acknowledged.peek().get(conversation.id) !== (conversation.waitingSinceMs ?? conversation.createdAtMs)
    ) {
      acknowledged.value = acknowledge(acknowledged.peek(), [conversation]);
    }
  });
  link.on('alert:raised', (alert) => {
    const tone = toneOf(alert, desk.openId.value, attention.value);
    if (tone === null) return;
    if (alert.callbackId !== null) freshLeads.value = new Set(freshLeads.value).add(alert.callbackId);
    if (!answers || me.value.status !== 'available') return;
    soundAt(tone);
    if (!attention.value) notify(alert);
    const { kind, conversationId } = alert;
    if (kind !== 'conversation_waiting' || conversationId === null) return;
    // One that waits for a person in particular was handed over; what it has become is told beside this.
    later(() => {
      const conversation = desk.inbox.value.get(conversationId);
      if (conversation?.assigneeId === me.value.id) handed(conversation);
    }, SETTLE_MS);
  });

  return {
    link,
    desk,
    now,
    newId,
    me: me as ReadonlySignal<Person>,
    people: people as ReadonlySignal<ReadonlyMap<string, Person>>,
    /** The oldest first. */
    departments: departments as ReadonlySignal<readonly Department[]>,
    leads: leads as ReadonlySignal<Leads>,
    leadsState: leadsState as ReadonlySignal<Loading>,
    visitors: visitors as ReadonlySignal<ReadonlyMap<string, VisitorCard>>,
    visitorsState: visitorsState as ReadonlySignal<Loading>,
    /** What a visitor answered in a survey just now. */
    answered: answered as ReadonlySignal<SurveyRun | null>,
    /** Waiting conversations that still ring for this person. */
    unseen: unseen as ReadonlySignal<ReturnType<typeof ringing>>,
    /** Callbacks that raised an alert and were not looked at. */
    freshLeads: freshLeads as ReadonlySignal<ReadonlySet<string>>,
    unread: computed(() => (answers ? unreadFor(desk.inbox.value, me.value.id) : 0)),
    /** Whether this person's role answers visitors. */
    answers,

    /** What is known of a visitor: live, or as a conversation remembers it. */
    visitorOf(visitorId: string): VisitorCard | undefined {
      const live = visitors.value.get(visitorId);
      if (live) return live;
      return [...desk.inbox.value.values()].find((one) => one.visitor.id === visitorId)?.visitor;
    },

    /** "Got it": silence every conversation that rings now. */
    acknowledgeAll(): void {
      acknowledged.value = acknowledge(acknowledged.value, unseen.value);
    },
    seenLead(callbackId: string): void {
      if (!freshLeads.value.has(callbackId)) return;
      freshLeads.value = new Set([...freshLeads.value].filter((one) => one !== callbackId));
    },
    async setPresence(status: Person['status']): Promise<void> {
      me.value = (await link.ask('presence:set', { status })).person;
    },
    async cancelCall(callbackId: string): Promise<void> {
      const { lead } = await link.ask('call:control', { callbackId, action: 'cancel' });
      hearLead(lead);
    },
  };
}

/** A visitors:list reply; who moved while it travelled is taken from the event. */
export function visitorsFromSnapshot(
  list: readonly VisitorCard[],
  known: ReadonlyMap<string, VisitorCard>,
  moved: ReadonlySet<string>,
): ReadonlyMap<string, VisitorCard> {
  const fresh = new Map(list.map((one) => [one.id, one]));
  for (const id of moved) {
    const told = known.get(id);
    if (told) fresh.set(id, told);
    else fresh.delete(id);
  }
  return fresh;
}

/** A visitor:updated event: who left the site leaves the list. */
export function withVisitorMoved(
  visitors: ReadonlyMap<string, VisitorCard>,
  visitor: VisitorCard,
): ReadonlyMap<string, VisitorCard> {
  const after = new Map(visitors);
  if (visitor.online) after.set(visitor.id, visitor);
  else after.delete(visitor.id);
  return after;
}

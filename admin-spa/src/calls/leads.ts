// Callbacks as a person reads them: is it running, how does it look, which step happened when. Pure; words are elsewhere.
import type { Callback, CallbackState, Lead, Leg } from '../../../widget/src/shared/contracts.gen';
import { isOver } from '../../../widget/src/shared/ends';

export type Leads = ReadonlyMap<string, Lead>;
/** How a state looks: each has its own shape beside its colour. */
export type Look = 'soon' | 'running' | 'talking' | 'done' | 'missed' | 'stopped';

const LOOK: Record<CallbackState, Look> = {
  requested: 'running',
  rejected: 'stopped',
  scheduled: 'soon',
  queued: 'running',
  visitor_ringing: 'running',
  visitor_waiting: 'running',
  offering: 'running',
  agent_ready: 'running',
  bridging: 'running',
  bridged: 'talking',
  recovering: 'running',
  ended: 'done',
  wrapup: 'done',
  retry_wait: 'soon',
  completed: 'done',
  no_agent: 'missed',
  visitor_unreachable: 'missed',
  voicemail_left: 'done',
  canceled: 'stopped',
  expired: 'missed',
  budget_stopped: 'stopped',
  failed: 'missed',
};
export const lookOf = (state: CallbackState): Look => LOOK[state];
export const isRunning = (callback: Callback): boolean => !isOver(callback);

/** A callbacks:list reply; what we know to be newer stays, and so does what came while it travelled (`touched`). */
export function leadsFromSnapshot(
  list: readonly Lead[],
  known: Leads = new Map(),
  touched: ReadonlySet<string> = new Set(),
): Leads {
  const leads = new Map(list.map((lead) => [lead.callback.id, newer(known.get(lead.callback.id), lead)]));
  for (const id of touched) {
    const lead = known.get(id);
    if (lead && !leads.has(id)) leads.set(id, lead);
  }
  return leads;
}

/** A callback:updated event; an older version is dropped. */
export function withLead(leads: Leads, lead: Lead): Leads {
  const before = leads.get(lead.callback.id);
  return newer(before, lead) === before ? leads : new Map(leads).set(lead.callback.id, lead);
}

/** Running ones first, then the newest. */
export function orderedLeads(leads: Leads): Lead[] {
  return [...leads.values()].sort((a, b) => {
    const running = Number(isRunning(b.callback)) - Number(isRunning(a.callback));
    return running || b.callback.createdAtMs - a.callback.createdAtMs;
  });
}

export interface Step {
  readonly key: string;
  readonly atMs: number;
  readonly about: 'requested' | 'attempt' | 'leg' | 'end';
  readonly attempt: number;
  readonly leg: Leg | null;
}

/** Everything that happened, in the order it began. */
export function stepsOf(callback: Callback): Step[] {
  const steps: Step[] = [
    { key: 'requested', atMs: callback.createdAtMs, about: 'requested', attempt: 0, leg: null },
  ];
  for (const attempt of callback.attempts) {
    const id = `a${attempt.number}`;
    steps.push({ key: id, atMs: attempt.startedAtMs, about: 'attempt', attempt: attempt.number, leg: null });
    attempt.legs.forEach((leg, at) => {
      steps.push({ key: `${id}-${at}`, atMs: leg.startedAtMs, about: 'leg', attempt: attempt.number, leg });
    });
  }
  if (!isRunning(callback)) {
    steps.push({ key: 'end', atMs: callback.updatedAtMs, about: 'end', attempt: 0, leg: null });
  }
  return steps;
}

/** How a leg stands, in one word for words.ts. */
export function legStanding(
  leg: Leg,
): NonNullable<Leg['outcome']> | 'calling' | 'ringing' | 'on_line' | 'over' {
  if (leg.outcome) return leg.outcome;
  if (leg.state === 'ringing') return 'ringing';
  if (leg.state === 'in_progress') return 'on_line';
  if (
    leg.state === 'busy' ||
    leg.state === 'no_answer' ||
    leg.state === 'failed' ||
    leg.state === 'canceled'
  ) {
    return leg.state;
  }
  return leg.state === 'completed' || leg.state === 'lost' ? 'over' : 'calling';
}

function newer(known: Lead | undefined, told: Lead): Lead {
  return known && known.callback.version >= told.callback.version ? known : told;
}

/** The link and the visit as what is drawn reads them: with signals. */
import { batch, type ReadonlySignal, signal } from '@preact/signals-core';
import type { VisitStarted } from '../shared/contracts.gen';
import type { Failed } from '../shared/failure';
import type { Link as BareLink, LinkState } from './link';
import type { Visit as BareVisit } from './visit';

export type { LinkState } from './link';

export interface Link extends Omit<BareLink, 'state' | 'refusal' | 'onState'> {
  readonly state: ReadonlySignal<LinkState>;
  /** Why the server refuses us; null unless the state is `refused`. */
  readonly refusal: ReadonlySignal<Failed | null>;
}

export interface Visit extends BareVisit {
  /** The last answer to visit:start. */
  readonly started: ReadonlySignal<VisitStarted | null>;
}

export function liveLink(bare: BareLink): Link {
  const state = signal(bare.state);
  const refusal = signal(bare.refusal);
  bare.onState(() =>
    batch(() => {
      state.value = bare.state;
      refusal.value = bare.refusal;
    }),
  );
  return { ...bare, state, refusal };
}

export function liveVisit(bare: BareVisit): Visit {
  const started = signal<VisitStarted | null>(null);
  bare.onStarted((answer) => {
    started.value = answer;
  });
  return { ...bare, started };
}

/**
 * Invitations as this tab knows them: whether it may show one, and what became of it. The server decided that there is
 * one; here it is only asked whether this tab is the one to show it, now.
 */
import { effect, type ReadonlySignal, signal } from '@preact/signals-core';
import type { Link, Visit } from '../session/live';
import type { InvitationOutcome, InvitationShow } from '../shared/contracts.gen';
import { toAskError } from '../shared/failure';

export interface Invitations {
  /** The one on the screen, null for none. */
  readonly shown: ReadonlySignal<InvitationShow | null>;
  /** Show it if this tab is visible, shows its page, and the visitor is not busy with us. */
  offer(told: InvitationShow): void;
  /** The visitor wants it. Resolves when the server knows, or cannot be reached. */
  accept(): Promise<void>;
  /** The visitor does not want it. */
  dismiss(): void;
}

export interface InvitationsOptions {
  link: Link;
  visit: Visit;
  /** Whether the visitor is in the panel, in a chat or in a call. Read inside an effect. */
  isBusy(): boolean;
  isVisible(): boolean;
  hasFocus(): boolean;
  /** The address of this tab's page, without the fragment. */
  url(): string;
  /** The visitor has answered: that is to be known on the next page too. */
  remember(): void;
  /** Of all tabs one gets true, once for every name. */
  claim(name: string): Promise<boolean>;
}

/** Of two windows side by side the one in use shows it. */
const UNFOCUSED_MS = 300;
const AGAIN_MS = 3000;

export function createInvitations(options: InvitationsOptions): Invitations {
  const { link, visit, isBusy } = options;
  const shown = signal<InvitationShow | null>(null);
  const said = new Set<string>();
  /** What the server does not know yet, in order. */
  const outcomes: InvitationOutcome[] = [];
  let sending: Promise<void> | undefined;

  async function sendAll() {
    for (let next = outcomes[0]; next; next = outcomes[0]) {
      try {
        await link.ask('invitation:outcome', next);
      } catch (error) {
        if (toAskError(error).retry) {
          // Without a connection the next visit:start sends it.
          if (link.state.value === 'online') setTimeout(send, AGAIN_MS);
          return;
        }
      }
      outcomes.shift();
    }
  }

  function send(): Promise<void> {
    sending ??= sendAll().finally(() => {
      sending = undefined;
    });
    return sending;
  }

  function say(impressionId: string, outcome: InvitationOutcome['outcome']): Promise<void> {
    if (!said.has(impressionId + outcome)) {
      said.add(impressionId + outcome);
      outcomes.push({ impressionId, outcome });
    }
    return send();
  }

  const mayShow = ({ page }: InvitationShow) =>
    options.isVisible() && !isBusy() && !shown.value && (page === null || page === options.url());

  function end(outcome: 'accepted' | 'dismissed') {
    const current = shown.value;
    if (!current) return Promise.resolve();
    shown.value = null;
    options.remember();
    link.note('invited', current.impressionId);
    return say(current.impressionId, outcome);
  }

  visit.onStarted(() => void send());
  // An invitation belongs to the page on which it was earned.
  visit.onMoved(() => {
    shown.value = null;
  });
  link.onNote('invited', (id) => {
    if (shown.value?.impressionId === id) shown.value = null;
  });
  effect(() => {
    if (isBusy()) shown.value = null;
  });

  return {
    shown,
    offer(told) {
      if (!mayShow(told) || said.has(`${told.impressionId}shown`)) return;
      setTimeout(
        async () => {
          if (!mayShow(told) || !(await options.claim(told.impressionId)) || !mayShow(told)) return;
          shown.value = told;
          void say(told.impressionId, 'shown');
        },
        options.hasFocus() ? 0 : UNFOCUSED_MS,
      );
    },
    accept: () => end('accepted'),
    dismiss: () => void end('dismissed'),
  };
}

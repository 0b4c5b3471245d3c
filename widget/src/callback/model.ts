/** A callback as this tab knows it: the form before it, the request, the steps while it runs. */
import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import type { Keep } from '../session/keep';
import type { Link, Visit } from '../session/live';
import type { Now } from '../shared/clock';
import type { Callback, CallbackOffer, CallbackRequest } from '../shared/contracts.gen';
import { isOver, wentWell } from '../shared/ends';
import { AskError, toAskError } from '../shared/errors.visitor';

/** A request whose answer does not come is repeated, with the same id, for this long. */
const REPEAT_FOR_MS = 60_000;
const REPEAT_MS = 2000;

/** Whether there is a number to send at all. */
export const hasNumber = (typed: string): boolean => /\d/.test(typed);

export interface Calls {
  /** The newest callback of this visitor, null when there is none to show. */
  readonly callback: ReadonlySignal<Callback | null>;
  /** Whether one is on its way. */
  readonly isRunning: ReadonlySignal<boolean>;
  readonly offer: ReadonlySignal<CallbackOffer>;
  /** What the field holds; kept for the next call, in memory only. */
  readonly phone: Signal<string>;
  /** Empty until the form is there. */
  readonly region: Signal<string>;
  /** The department that is to call; empty for whoever can. */
  readonly department: Signal<string>;
  /** Whether the visitor would rather choose a time. */
  readonly wantsTime: Signal<boolean>;
  /** The time that the visitor chose, null while the first one will do. */
  readonly chosenAtMs: Signal<number | null>;
  readonly agreed: Signal<boolean>;
  readonly isBusy: ReadonlySignal<boolean>;
  readonly failure: Signal<AskError | null>;
  /** Ask for the call, at a time or (null) as soon as possible. A second press before the answer does nothing. */
  request(fromConversation: boolean, atMs: number | null): Promise<void>;
  cancel(): Promise<void>;
  /** Back to the form, after a callback that is over. */
  dismiss(): void;
  forget(): void;
}

export interface CallsOptions {
  link: Link;
  visit: Visit;
  keep: Keep;
  offer: CallbackOffer;
  /** Whether calls are recorded only when the visitor agrees. */
  asksConsent(): boolean;
  newId(): string;
  now: Now;
}

export function createCalls(options: CallsOptions): Calls {
  const { link, visit, keep, newId, now } = options;
  const callback = signal<Callback | null>(null);
  /** While it is closed a call can only be had later, however willing the server is to take the request. */
  const honest = (told: CallbackOffer): CallbackOffer => (told.closed ? { ...told, offered: false } : told);
  const offer = signal(honest(options.offer));
  const phone = signal('');
  const region = signal('');
  const department = signal('');
  const wantsTime = signal(false);
  const agreed = signal(false);
  const isBusy = signal(false);
  const failure = signal<AskError | null>(null);
  /** The request without an answer yet: asked again with the same words it keeps its id. */
  let open: { id: string; words: string } | null = null;
  /** The callback whose end the visitor has read: it does not come back over the form. */
  let dismissed: string | undefined;

  function take(next: Callback) {
    const known = callback.value;
    if (next.id === dismissed) return;
    if (known?.id === next.id && known.version >= next.version) return;
    // News of an older callback does not hide the one that runs.
    if (known && known.id !== next.id && next.createdAtMs < known.createdAtMs) return;
    callback.value = next;
  }

  visit.onStarted((started) => {
    offer.value = honest(started.callback);
    const known = callback.value;
    const told = started.openCallback;
    // How a talk went is told where it was waited for, not to each page that is opened after it.
    const isNews = told && (told.id === known?.id || !wentWell(told));
    if (isNews) take(told);
    // It ended while nobody listened.
    else if (known && !isOver(known)) callback.value = { ...known, state: 'ended' };
  });
  link.on('callback:updated', (told) => take(told.callback));

  async function send(request: CallbackRequest): Promise<Callback> {
    const untilMs = now() + REPEAT_FOR_MS;
    for (;;) {
      try {
        return (await link.ask('callback:request', request)).callback;
      } catch (thrown) {
        const error = toAskError(thrown);
        const mayRepeat = ['connection_lost', 'timed_out', 'draining', 'unavailable'].includes(error.code);
        if (!mayRepeat || now() > untilMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, REPEAT_MS));
      }
    }
  }

  return {
    callback,
    isRunning: computed(() => callback.value !== null && !isOver(callback.value)),
    offer,
    phone,
    region,
    department,
    wantsTime,
    chosenAtMs: signal(null),
    agreed,
    isBusy,
    failure,
    async request(fromConversation, atMs) {
      if (isBusy.value) return;
      if (!hasNumber(phone.value)) {
        failure.value = new AskError('phone_required');
        return;
      }
      const wanted = {
        phone: phone.value.trim().slice(0, 64),
        region: region.value,
        via: 'phone' as const,
        ...(department.value && { departmentId: department.value }),
        ...(atMs !== null && { atMs }),
        ...(options.asksConsent() && { consent: { recording: agreed.value } }),
        ...(fromConversation && { fromConversation: true }),
      };
      const words = JSON.stringify(wanted);
      if (open?.words !== words) open = { id: newId(), words };
      keep.allow();
      batch(() => {
        isBusy.value = true;
        failure.value = null;
      });
      try {
        const answered = await send({ clientRequestId: open.id, ...wanted });
        open = null;
        take(answered);
        wantsTime.value = false;
      } catch (thrown) {
        const error = toAskError(thrown);
        if (!error.retry) open = null;
        batch(() => {
          failure.value = error;
          // The times on offer are worked out anew, from this moment.
          if (error.code === 'callback_time_invalid') wantsTime.value = true;
        });
      } finally {
        isBusy.value = false;
      }
    },
    async cancel() {
      const running = callback.value;
      if (!running || isBusy.value) return;
      isBusy.value = true;
      try {
        take((await link.ask('callback:cancel', { callbackId: running.id })).callback);
        failure.value = null;
      } catch (thrown) {
        failure.value = toAskError(thrown);
      } finally {
        isBusy.value = false;
      }
    },
    dismiss() {
      dismissed = callback.value?.id;
      batch(() => {
        callback.value = null;
        failure.value = null;
      });
    },
    forget() {
      batch(() => {
        callback.value = null;
        failure.value = null;
        phone.value = '';
      });
    },
  };
}

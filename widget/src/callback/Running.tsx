/** A callback that was asked for: each step as it happens, then how it ended and what can be done. */
import { computed, effect, type ReadonlySignal, signal } from '@preact/signals-core';
import type { App } from '../app';
import { durationText } from '../shared/clock';
import type { Callback } from '../shared/contracts.gen';
import { isOver, wentWell } from '../shared/ends';
import { errorText } from '../shared/errors.visitor';
import { gettext } from '../shared/gettext';
import { Icon } from '../shell/Icon';
import type { View } from '../shell/Panel';
import { currentStep, hasRung, stepsOf, waysOut } from './steps';

export { default as css } from './steps.css?inline';

/** What may be expected of the running call: only what was measured, and when it did not come true, that too. */
export function createExpectation({ calls, isOpen }: App): ReadonlySignal<string> {
  const now = signal(Date.now());
  const promise = computed(() => {
    const callback = calls.callback.value;
    return isOpen.value && callback && calls.isRunning.value && !hasRung(callback) ? callback.promise : null;
  });
  effect(() => {
    if (!promise.value) return;
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 1000);
    return () => clearInterval(timer);
  });
  return computed(() => {
    if (!promise.value) return '';
    const { madeAtMs, highS } = promise.value;
    return now.value > madeAtMs + highS * 1000
      ? gettext('It takes longer than usual. We are sorry and still trying.')
      : gettext('Your phone usually rings within {time}.', { time: durationText(highS) });
  });
}

/** Nothing is being arranged: they talk, or it has its time. */
const SETTLED = /bridged|scheduled/;

const MARKS = { done: 'check', failed: 'close', wait: 'clock' } as const;

function Steps({ callback }: { callback: Callback }) {
  return (
    <ol class="steps" aria-label={gettext('Steps of your call')} aria-live="polite">
      {stepsOf(callback, Date.now()).map((step) => (
        <li key={step.key} class={step.tone}>
          <span class="mark">{step.tone !== 'now' && <Icon name={MARKS[step.tone]} />}</span>
          {step.text}
        </li>
      ))}
    </ol>
  );
}

function Ways({ view, callback }: { view: View; callback: Callback }) {
  const { calls, tab } = view;
  const over = isOver(callback);
  const ways = {
    again: { text: gettext('Call me again'), go: calls.dismiss },
    time: {
      text: gettext('Choose a time for the call'),
      go() {
        calls.wantsTime.value = true;
        if (over) return calls.dismiss();
        // It goes on being tried until the visitor has really chosen a time, and is shown again when a phone rings.
        view.replaced = callback.id;
        const phone = calls.phone.value;
        calls.forget();
        calls.phone.value = phone;
      },
    },
    message: {
      text: gettext('Write a message'),
      go() {
        tab.value = 'chat';
        if (over) calls.dismiss();
      },
    },
  };
  return (
    <>
      {waysOut(callback).map((way, i) => (
        <button
          key={way}
          type="button"
          class={i || !over || wentWell(callback) ? 'secondary' : 'primary'}
          onClick={ways[way].go}
        >
          {ways[way].text}
        </button>
      ))}
    </>
  );
}

export function Running({ view, callback }: { view: View; callback: Callback }) {
  const { calls } = view;
  const over = isOver(callback);
  const failure = calls.failure.value;
  return (
    <div class="scroll">
      <h3>
        {over || SETTLED.test(callback.state) ? gettext('Your call') : gettext('We are arranging your call')}
      </h3>
      <p class="fine">{gettext('To your number ending in {digits}', { digits: callback.phoneEnding })}</p>
      <Steps callback={callback} />
      <p class="fine" role="status">
        {view.expectation.value}
      </p>
      <p class="error" role="alert">
        {failure && errorText(failure, view.form()?.CALL_TEXT)}
      </p>
      {!over && callback.state !== 'bridged' && (
        <button type="button" class="secondary" aria-disabled={calls.isBusy.value} onClick={calls.cancel}>
          {gettext('Cancel the call')}
        </button>
      )}
      <Ways view={view} callback={callback} />
    </div>
  );
}

/** Above the chat while a call is on its way: where it is, and the way out of it. */
export function CallBar({ view }: { view: View }) {
  const { calls } = view;
  const callback = calls.callback.value;
  if (!callback) return null;
  return (
    <div class="callbar">
      <Icon name="phone" />
      <span role="status">{currentStep(callback, Date.now()).text}</span>
      {callback.state !== 'bridged' && (
        <button type="button" class="quiet" disabled={calls.isBusy.value} onClick={calls.cancel}>
          {gettext('Cancel')}
        </button>
      )}
    </div>
  );
}

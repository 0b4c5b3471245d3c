/** The callback: the form, then each step as it happens, then how it ended and what can be done. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { App } from '../main';
import { durationText, whenText } from '../shared/clock';
import type { Callback } from '../shared/contracts.gen';
import { errorText } from '../shared/errors';
import { gettext } from '../shared/gettext';
import { Icon } from '../shell/Icon';
import { CallForm } from './CallForm';
import { hasReachedVisitor, isOver, type Step, stepsOf, type WayOut, waysOut } from './steps';

const MARKS = { done: 'check', failed: 'cross', wait: 'clock' } as const;

function Steps({ steps }: { steps: readonly Step[] }) {
  return (
    <ol class="steps" aria-label={gettext('Steps of your call')} aria-live="polite">
      {steps.map((step) => (
        <li key={step.key} class={step.tone} aria-current={step.tone === 'now' ? 'step' : undefined}>
          <span class="mark" aria-hidden="true">
            {step.tone !== 'now' && <Icon name={MARKS[step.tone]} />}
          </span>
          <span>{step.text}</span>
        </li>
      ))}
    </ol>
  );
}

/** Only what was measured; and when it did not come true, that is said too. */
function Expectation({ callback }: { callback: Callback }) {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  const { promise } = callback;
  if (!promise || hasReachedVisitor(callback) || ['scheduled', 'retry_wait'].includes(callback.state))
    return null;
  const isLate = now.value > promise.madeAtMs + promise.highS * 1000;
  return (
    <p class="fine">
      {isLate
        ? gettext('It takes longer than usual. We are sorry and still trying.')
        : gettext('Your phone usually rings within {time}.', { time: durationText(promise.highS) })}
    </p>
  );
}

function Ways({ app, ways }: { app: App; ways: readonly WayOut[] }) {
  const { calls, tab, wantsTime } = app;
  const go = {
    again: calls.dismiss,
    time() {
      wantsTime.value = true;
      calls.dismiss();
    },
    message() {
      tab.value = 'chat';
      calls.dismiss();
    },
  };
  const labels = {
    again: gettext('Call me again'),
    time: gettext('Choose a time for the call'),
    message: gettext('Write a message'),
  };
  return (
    <div class="ways">
      {ways.map((way, i) => (
        <button key={way} type="button" class={i ? 'secondary' : 'primary'} onClick={go[way]}>
          {labels[way]}
        </button>
      ))}
    </div>
  );
}

function Running({ app, callback }: { app: App; callback: Callback }) {
  const { calls } = app;
  const over = isOver(callback);
  const mayCancel = !over && callback.state !== 'bridged';
  return (
    <div class="run">
      <h3>{over ? gettext('Your call') : gettext('We are arranging your call')}</h3>
      <Steps steps={stepsOf(callback, Date.now())} />
      <Expectation callback={callback} />
      {calls.failure.value && (
        <p class="error" role="alert">
          <Icon name="alert" />
          <span>{errorText(calls.failure.value)}</span>
        </p>
      )}
      {mayCancel && (
        <button type="button" class="secondary" disabled={calls.isBusy.value} onClick={() => calls.cancel()}>
          {gettext('Cancel the call')}
        </button>
      )}
      {over && <Ways app={app} ways={waysOut(callback)} />}
    </div>
  );
}

export function CallTab({ app }: { app: App }) {
  const { calls, tab, wantsTime } = app;
  const callback = calls.callback.value;
  const { offered, opensAtMs } = calls.offer.value;
  if (callback) return <Running app={app} callback={callback} />;
  if (!offered && opensAtMs === null) {
    return (
      <div class="empty">
        <span class="medal">
          <Icon name="phone" />
        </span>
        <h3>{gettext('Calls are not possible right now')}</h3>
        <p>{gettext('Leave us a message instead: the answer will wait for you in the chat.')}</p>
        <button
          type="button"
          class="primary"
          onClick={() => {
            tab.value = 'chat';
          }}
        >
          {gettext('Write a message')}
        </button>
      </div>
    );
  }
  return (
    <div class="scroll">
      <div class="lead">
        <h3>
          {!offered
            ? gettext('We are closed at the moment')
            : wantsTime.value
              ? gettext('When shall we call?')
              : gettext('We call you back')}
        </h3>
        <p>
          {!offered && opensAtMs !== null
            ? gettext('We are back at {time}. Leave your number and choose a time.', {
                time: whenText(opensAtMs, Date.now()),
              })
            : gettext('Leave your number and stay near your phone.')}
        </p>
      </div>
      <CallForm app={app} />
    </div>
  );
}

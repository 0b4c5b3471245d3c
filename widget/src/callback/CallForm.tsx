/** What a callback needs: a phone; a time when nobody can call now or the visitor wants one; consent if recorded. */
import { useSignal } from '@preact/signals';
import { useEffect, useId, useMemo } from 'preact/hooks';
import type { App } from '../main';
import { dayText, durationText, timeText, whenText } from '../shared/clock';
import { errorText } from '../shared/errors';
import { gettext } from '../shared/gettext';
import { Icon } from '../shell/Icon';
import { PhoneField } from './PhoneField';
import { slotDays } from './slots';

function TimeField({ app, id }: { app: App; id: string }) {
  const { calls } = app;
  const { offered, opensAtMs } = calls.offer.value;
  const now = Date.now();
  const days = useMemo(() => slotDays(now, opensAtMs), [opensAtMs]);
  const first = days[0]?.slots[0];
  useEffect(() => {
    if (calls.atMs.value === null && first) calls.atMs.value = first;
    return () => {
      calls.atMs.value = null;
    };
  }, []);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone.split('/').pop()?.replaceAll('_', ' ');
  return (
    <div class="field">
      <label for={`${id}-time`}>{gettext('When shall we call?')}</label>
      <div class="select">
        <select
          id={`${id}-time`}
          value={String(calls.atMs.value ?? '')}
          aria-describedby={`${id}-zone`}
          onChange={(event) => {
            calls.atMs.value = Number(event.currentTarget.value) || null;
            calls.failure.value = null;
          }}
        >
          {offered && <option value="">{gettext('As soon as possible')}</option>}
          {days.map((day) => (
            <optgroup key={day.dayAtMs} label={dayText(day.dayAtMs, now)}>
              {day.slots.map((at) => (
                <option key={at} value={String(at)}>
                  {dayText(at, now)}, {timeText(at)}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
        <Icon name="down" />
      </div>
      <p class="fine" id={`${id}-zone`}>
        {gettext('In your time zone ({zone}).', { zone: zone ?? '' })}
      </p>
    </div>
  );
}

/** What may honestly be said about when the phone rings. */
function promiseText(app: App): string {
  const { etaS } = app.calls.offer.value;
  return etaS === null
    ? gettext('We ring a consultant and then your phone, and connect you.')
    : gettext('Your phone usually rings within {time}.', { time: durationText(etaS) });
}

export interface CallFormProps {
  app: App;
  fromConversation?: boolean;
  /** The request has been taken. */
  onDone?: () => void;
}

export function CallForm({ app, fromConversation = false, onDone }: CallFormProps) {
  const { calls, launcher, wantsTime } = app;
  const id = useId();
  const { recording, privacyUrl } = launcher.config.site;
  const { offered } = calls.offer.value;
  const failure = calls.failure.value;
  const isBusy = calls.isBusy.value;
  const showsTime = useSignal(false);
  const withTime =
    !offered || wantsTime.value || showsTime.value || failure?.code === 'callback_time_invalid';
  const at = calls.atMs.value;
  const isPhoneWrong = failure !== null && failure.code.startsWith('phone_');

  const submit = async (event: Event) => {
    event.preventDefault();
    await calls.request(fromConversation);
    if (calls.failure.value) {
      const form = event.target as HTMLElement;
      form.querySelector<HTMLElement>(isPhoneWrong ? 'input' : '[aria-invalid=true]')?.focus();
    } else {
      wantsTime.value = false;
      onDone?.();
    }
  };
  return (
    <form class="form" noValidate onSubmit={submit}>
      <PhoneField app={app} id={id} error={isPhoneWrong} />
      {withTime && <TimeField app={app} id={id} />}
      {recording !== 'off' && (
        <label class="check">
          <input
            type="checkbox"
            checked={calls.agreed.value}
            aria-invalid={failure?.code === 'consent_required'}
            onChange={(event) => {
              calls.agreed.value = event.currentTarget.checked;
              calls.failure.value = null;
            }}
          />
          <span>{gettext('I agree that the call is recorded.')}</span>
        </label>
      )}
      <p class="error" id={`${id}-error`} role="alert">
        {failure && (
          <>
            <Icon name="alert" />
            <span>{errorText(failure)}</span>
          </>
        )}
      </p>
      <button type="submit" class="primary" aria-disabled={isBusy}>
        <Icon name={at ? 'clock' : 'phone'} />
        {isBusy
          ? gettext('One moment…')
          : at
            ? gettext('Call me: {time}', { time: whenText(at, Date.now()) })
            : gettext('Call me now')}
      </button>
      {!withTime && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            showsTime.value = true;
          }}
        >
          {gettext('Call me later')}
        </button>
      )}
      <p class="fine">
        {!at && offered && promiseText(app)}{' '}
        {privacyUrl && (
          <a href={privacyUrl} target="_blank" rel="noopener">
            {gettext('How we treat your data')}
          </a>
        )}
      </p>
    </form>
  );
}

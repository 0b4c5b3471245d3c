/** What a callback needs: a phone; a time when nobody can call now or the visitor wants one; consent if recorded. */
import { dayText, durationText, timeText, whenText } from '../shared/clock';
import { CALL_TEXT } from '../shared/errors.call';
import { errorText } from '../shared/errors.visitor';
import { gettext } from '../shared/gettext';
import { Icon } from '../shell/Icon';
import type { View } from '../shell/Panel';
import { Privacy } from '../shell/Privacy';
import { PhoneField } from './PhoneField';
import { type SlotDay, timesOf } from './slots';

function TimeField({ calls, days, atMs }: { calls: View['calls']; days: SlotDay[]; atMs: number }) {
  const now = Date.now();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll('_', ' ');
  return (
    <div class="field">
      <label for="time">{gettext('When shall we call?')}</label>
      <div class="select">
        <select
          id="time"
          value={String(atMs)}
          aria-describedby="zone"
          onChange={(event) => {
            calls.chosenAtMs.value = Number(event.currentTarget.value);
            calls.failure.value = null;
          }}
        >
          {days.map(({ dayAtMs, slots }) => (
            <optgroup key={dayAtMs} label={dayText(dayAtMs, now)}>
              {slots.map((at) => (
                <option key={at} value={String(at)}>
                  {dayText(at, now)}, {timeText(at)}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
        <Icon name="down" />
      </div>
      <p class="fine" id="zone">
        {gettext('In your time zone, {zone}.', { zone })}
      </p>
    </div>
  );
}

/** What may honestly be said about when the phone rings. */
const promiseText = (etaS: number | null): string =>
  etaS === null
    ? gettext('We ring a consultant and your phone and connect you. Stay near your phone.')
    : gettext('Your phone usually rings within {time}.', { time: durationText(etaS) });

interface CallFormProps {
  view: View;
  fromConversation?: boolean;
  /** The request has been taken. */
  onDone?: () => void;
}

export function CallForm({ view, fromConversation = false, onDone }: CallFormProps) {
  const { calls } = view;
  const { offered, etaS } = calls.offer.value;
  const { departments, recording } = view.site.value;
  const failure = calls.failure.value;
  const isBusy = calls.isBusy.value;
  const { days, atMs: at } = timesOf(calls, Date.now());

  const submit = async (event: Event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLElement;
    const { replaced: callbackId } = view;
    if (callbackId && calls.phone.value.trim()) {
      view.replaced = undefined;
      // Where that cannot be, the server says why the new one cannot either.
      await view.link.ask('callback:cancel', { callbackId }).catch(() => {});
    }
    await calls.request(fromConversation, at);
    if (calls.failure.value) form.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
    else onDone?.();
  };
  const isWrong = failure?.code.startsWith('phone_') ?? false;
  const problem = (
    <p class="error" id="call-error" role="alert">
      {failure && errorText(failure, CALL_TEXT)}
    </p>
  );
  return (
    <form class="form" noValidate onSubmit={submit}>
      <PhoneField view={view} isWrong={isWrong} describedBy="call-error" />
      {isWrong && problem}
      {departments.length > 0 && (
        <div class="field">
          <label for="about">{gettext('What is it about?')}</label>
          <div class="select">
            <select
              id="about"
              value={calls.department.value}
              onChange={(event) => {
                calls.department.value = event.currentTarget.value;
              }}
            >
              <option value="">{gettext('Anything')}</option>
              {departments.map(({ id, name, names }) => (
                <option key={id} value={id}>
                  {names[view.locale.slice(0, 2) as 'en'] || name}
                </option>
              ))}
            </select>
            <Icon name="down" />
          </div>
        </div>
      )}
      {at !== null && <TimeField calls={calls} days={days} atMs={at} />}
      {recording === 'explicit' && (
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
          {gettext('I agree that the call is recorded.')}
        </label>
      )}
      {!isWrong && problem}
      <button type="submit" class="primary" aria-disabled={isBusy}>
        <Icon name={at ? 'clock' : 'phone'} />
        {isBusy
          ? gettext('One moment…')
          : at
            ? gettext('Call me: {time}', { time: whenText(at, Date.now()) })
            : gettext('Call me now')}
      </button>
      {offered && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            calls.wantsTime.value = !at;
          }}
        >
          {at ? gettext('As soon as possible') : gettext('Call me later')}
        </button>
      )}
      <p class="fine">
        {at === null && `${promiseText(etaS)} `}
        {recording === 'announce' && `${gettext('The call is recorded.')} `}
        <Privacy view={view} />
      </p>
    </form>
  );
}

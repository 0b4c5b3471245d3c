import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { durationText } from '../../../widget/src/shared/clock';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { Icon } from '../ui/icons';
import { Field } from '../ui/pieces';
import { LOCALES } from './catalogs';
import type { Prefs } from './prefs';
import type { Session } from './session';
import { useTitle } from './title';

export function SignIn({ session, prefs }: { session: Session; prefs: Prefs }) {
  const email = useSignal('');
  const password = useSignal('');
  const shown = useSignal(false);
  const busy = useSignal(false);
  const failure = useSignal<AskError | null>(session.notice.value);
  const waitS = useSignal(0);
  const form = useRef<HTMLFormElement>(null);
  const alert = useRef<HTMLDivElement>(null);

  useTitle(gettext('Sign in'));
  useEffect(() => form.current?.querySelector<HTMLElement>('[name=email]')?.focus(), []);
  useEffect(() => {
    if (waitS.value <= 0) return;
    const timer = setInterval(() => {
      waitS.value -= 1;
    }, 1000);
    return () => clearInterval(timer);
  }, [waitS.value > 0]);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    if (busy.value || waitS.value > 0) return;
    busy.value = true;
    failure.value = null;
    try {
      await session.signIn(email.value.trim(), password.value);
    } catch (thrown) {
      failure.value = toAskError(thrown);
      waitS.value = Math.ceil(Number(failure.value.details.retryAfterS) || 0);
      if (failure.value.code === 'sign_in_failed')
        form.current?.querySelector<HTMLElement>('[name=password]')?.focus();
      else alert.current?.focus();
    }
    busy.value = false;
  }

  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <div class="brand">
          <span class="brand-mark">
            <Icon name="phone" />
          </span>
          Ringback
        </div>
        <h1>{gettext('Sign in')}</h1>
        {failure.value && (
          <div class="alert alert-bad" role="alert" tabIndex={-1} ref={alert}>
            <Icon name="warn" />
            <p>{waitS.value > 0 ? waitText(failure.value, waitS.value) : errorText(failure.value)}</p>
          </div>
        )}
        <form ref={form} onSubmit={submit}>
          <Field label={gettext('E-mail')}>
            {({ id }) => (
              <input
                id={id}
                class="input"
                type="email"
                name="email"
                autocomplete="username"
                inputMode="email"
                required
                maxLength={254}
                value={email.value}
                onInput={(event) => {
                  email.value = event.currentTarget.value;
                }}
              />
            )}
          </Field>
          <Field label={gettext('Password')}>
            {({ id }) => (
              <div class="with-button">
                <input
                  id={id}
                  class="input"
                  type={(shown.value ? 'text' : 'password') as 'text'}
                  name="password"
                  autocomplete="current-password"
                  required
                  maxLength={256}
                  value={password.value}
                  onInput={(event) => {
                    password.value = event.currentTarget.value;
                  }}
                />
                <button
                  type="button"
                  class="button button-quiet"
                  aria-pressed={shown.value}
                  onClick={() => {
                    shown.value = !shown.value;
                  }}
                >
                  {shown.value ? gettext('Hide') : gettext('Show')}
                </button>
              </div>
            )}
          </Field>
          <button
            type="submit"
            class="button button-primary button-wide"
            disabled={busy.value || waitS.value > 0}
          >
            {waitS.value > 0
              ? gettext('Wait: {time}', { time: durationText(waitS.value) })
              : busy.value
                ? gettext('Signing in…')
                : gettext('Sign in')}
          </button>
        </form>
        <LocaleSelect prefs={prefs} />
      </div>
    </main>
  );
}

function waitText(failure: AskError, seconds: number): string {
  return errorText({ code: failure.code, details: { ...failure.details, retryAfterS: seconds } });
}

export function LocaleSelect({ prefs }: { prefs: Prefs }) {
  return (
    <Field label={gettext('Language')} class="field-inline">
      {({ id }) => (
        <select
          id={id}
          class="select"
          value={prefs.locale.value}
          onChange={(event) => {
            prefs.locale.value = event.currentTarget.value;
          }}
        >
          {LOCALES.map(({ tag, name }) => (
            <option key={tag} value={tag} lang={tag}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

import { useSignal } from '@preact/signals';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { Field } from '../ui/pieces';
import { say } from '../ui/toasts';

const LEAST = 10;

/** One's own password: asks for the old one, and every other browser is signed out. */
export function OwnPassword() {
  const { api, console } = useApp();
  const old = useSignal('');
  const fresh = useSignal('');
  const failure = useSignal<AskError | null>(null);
  const short = useSignal(false);
  const busy = useSignal(false);

  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    short.value = fresh.value.length < LEAST;
    if (busy.value || short.value) return;
    busy.value = true;
    failure.value = null;
    try {
      await api.call('PUT', '/session/password', { oldPassword: old.value, newPassword: fresh.value });
      old.value = '';
      fresh.value = '';
      say(gettext('Your password is changed. Other browsers are signed out.'));
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
    busy.value = false;
  }
  const wrong = failure.value && errorText(failure.value);
  const field = (
    label: string,
    value: typeof old,
    rest: { autocomplete: 'current-password' | 'new-password'; error: string | null; hint?: string },
  ) => (
    <Field label={label} hint={rest.hint} error={rest.error}>
      {({ id, describedBy, invalid }) => (
        <input
          id={id}
          class="input"
          type="password"
          autocomplete={rest.autocomplete}
          required
          maxLength={256}
          aria-describedby={describedBy}
          aria-invalid={invalid}
          value={value.value}
          onInput={(event) => {
            value.value = event.currentTarget.value;
            short.value = false;
            failure.value = null;
          }}
        />
      )}
    </Field>
  );
  return (
    <section class="panel">
      <h2>{gettext('Password')}</h2>
      <form class="settings-form" onSubmit={save} noValidate>
        {/* For password managers: whose password this is. */}
        <input type="text" hidden autocomplete="username" value={console.me.value.email} readOnly />
        {field(gettext('Old password'), old, { autocomplete: 'current-password', error: wrong })}
        {field(gettext('New password'), fresh, {
          autocomplete: 'new-password',
          hint: gettext('At least {n} characters.', { n: LEAST }),
          error: short.value ? gettext('This is shorter than {n} characters.', { n: LEAST }) : null,
        })}
        <div>
          <button type="submit" class="button" disabled={busy.value || !old.value || !fresh.value}>
            {busy.value ? gettext('Saving…') : gettext('Change the password')}
          </button>
        </div>
      </form>
    </section>
  );
}

import { type Signal, useSignal } from '@preact/signals';
import type { Colleague } from '../../../widget/src/shared/contracts.gen';
import { errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { Icon } from '../ui/icons';
import { Choice, Field } from '../ui/pieces';
import { say } from '../ui/toasts';
import type { Task } from './PeopleScreen';
import type { People } from './people';

export const LEAST = 10;

export interface WantedPassword {
  /** Let the server make one. */
  readonly made: boolean;
  readonly typed: string;
}

/** What to send: null to let the server make one. */
export function passwordOf(wanted: WantedPassword): string | null | 'short' {
  if (wanted.made) return null;
  return wanted.typed.length < LEAST ? 'short' : wanted.typed;
}

/** Made or typed; a typed one is seen while it is written, for it is told to somebody else anyway. */
export function PasswordChoice({ wanted, checked }: { wanted: Signal<WantedPassword>; checked: boolean }) {
  const short = checked && passwordOf(wanted.value) === 'short';
  return (
    <>
      <Choice
        legend={gettext('First password')}
        value={wanted.value.made ? 'made' : 'typed'}
        options={[
          {
            value: 'made',
            label: gettext('Make one for me'),
            hint: gettext('It is shown once, for you to pass on.'),
          },
          { value: 'typed', label: gettext('I write one') },
        ]}
        onChange={(value) => {
          wanted.value = { ...wanted.value, made: value === 'made' };
        }}
      />
      {!wanted.value.made && (
        <Field
          label={gettext('Password')}
          hint={gettext('At least {n} characters.', { n: LEAST })}
          error={short ? gettext('This is shorter than {n} characters.', { n: LEAST }) : null}
        >
          {({ id, describedBy, invalid }) => (
            <input
              id={id}
              class="input"
              dir="ltr"
              autocomplete="off"
              maxLength={256}
              aria-describedby={describedBy}
              aria-invalid={invalid}
              value={wanted.value.typed}
              onInput={(event) => {
                wanted.value = { made: false, typed: event.currentTarget.value };
              }}
            />
          )}
        </Field>
      )}
    </>
  );
}

export function NewPasswordForm(props: {
  people: People;
  one: Colleague;
  onDone: (next?: Task | null) => void;
}) {
  const { people, one, onDone } = props;
  const wanted = useSignal<WantedPassword>({ made: true, typed: '' });
  const checked = useSignal(false);
  const failure = useSignal<string | null>(null);
  const busy = useSignal(false);
  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    checked.value = true;
    const password = passwordOf(wanted.value);
    if (busy.value || password === 'short') return;
    busy.value = true;
    try {
      const made = await people.setPassword(one, password);
      say(gettext('{name} has a new password.', { name: one.person.name }));
      onDone(made ? { kind: 'made', one, password: made } : null);
    } catch (thrown) {
      failure.value = errorText(toAskError(thrown));
    }
    busy.value = false;
  }
  return (
    <form class="stack-s person-form" onSubmit={save} noValidate>
      <p>{gettext('The old password stops working and the person is signed out everywhere.')}</p>
      <PasswordChoice wanted={wanted} checked={checked.value} />
      {failure.value && (
        <p class="field-error" role="alert">
          <Icon name="warn" size={16} /> {failure.value}
        </p>
      )}
      <div class="buttons">
        <button type="submit" class="button button-primary" disabled={busy.value}>
          {gettext('Set the password')}
        </button>
        <button type="button" class="button button-quiet" onClick={() => onDone()}>
          {gettext('Cancel')}
        </button>
      </div>
    </form>
  );
}

/** A password that the server made: seen here and never again. */
export function MadePassword(props: { one: Colleague; password: string; onDone: () => void }) {
  const { one, password, onDone } = props;
  const copy = () =>
    navigator.clipboard.writeText(password).then(
      () => say(gettext('Copied.')),
      () => say(gettext('The browser did not allow it. Select the text and copy it.'), true),
    );
  return (
    <div class="stack-s">
      <p>
        {gettext('Pass it on to {email}. It is shown this once; nobody can read it later.', {
          email: one.person.email,
        })}
      </p>
      <output class="made-password" dir="ltr">
        {password}
      </output>
      <div class="buttons">
        <button type="button" class="button button-primary" onClick={() => void copy()}>
          <Icon name="copy" size={18} /> {gettext('Copy the password')}
        </button>
        <button type="button" class="button" onClick={() => onDone()}>
          {gettext('Done')}
        </button>
      </div>
    </div>
  );
}

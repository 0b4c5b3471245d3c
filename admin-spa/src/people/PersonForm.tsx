import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Colleague, NewPerson } from '../../../widget/src/shared/contracts.gen';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { currentLocale, gettext } from '../../../widget/src/shared/gettext';
import { LOCALES } from '../app/catalogs';
import { useApp } from '../app/context';
import { departmentName } from '../app/departments';
import { SelectInput } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { Choice, Field } from '../ui/pieces';
import { say } from '../ui/toasts';
import { PasswordChoice, passwordOf, type WantedPassword } from './NewPasswordForm';
import type { Task } from './PeopleScreen';
import type { People } from './people';
import { ROLES, type Role, roleHint, roleText } from './words';

type Locale = NonNullable<NewPerson['locale']>;

interface Form {
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly phone: string;
  readonly locale: Locale;
  readonly departmentIds: string[];
}

/** Somebody new, or what is known of somebody. */
export function PersonForm(props: { people: People; one?: Colleague; onDone: (next?: Task | null) => void }) {
  const { people, one, onDone } = props;
  const { console } = useApp();
  const before = useRef(toForm(one));
  const form = useSignal<Form>(before.current);
  const password = useSignal<WantedPassword>({ made: true, typed: '' });
  const failure = useSignal<AskError | null>(null);
  const checked = useSignal(false);
  const busy = useSignal(false);
  const element = useRef<HTMLFormElement>(null);
  useEffect(() => element.current?.querySelector<HTMLElement>('input')?.focus(), []);
  const now = form.value;
  const mine = one?.person.id === console.me.value.id;
  const set = (part: Partial<Form>) => {
    form.value = { ...now, ...part };
    failure.value = null;
  };
  const problems = problemsOf(now, failure.value, checked.value);

  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (busy.value) return;
    checked.value = true;
    const wrong = !one && passwordOf(password.value) === 'short';
    if (wrong || Object.values(problemsOf(form.value, null, true)).some(Boolean)) return focusWrong();
    busy.value = true;
    try {
      if (one) await people.change(one, changesOf(before.current, form.value));
      const added = one ? null : await people.add(newPerson(form.value, password.value));
      say(one ? gettext('Saved.') : gettext('{name} can sign in now.', { name: form.value.name.trim() }));
      onDone(added?.password ? { kind: 'made', one: added.colleague, password: added.password } : null);
    } catch (thrown) {
      failure.value = toAskError(thrown);
      if (failure.value.code === 'person_changed') void people.load();
      focusWrong();
    }
    busy.value = false;
  }
  function focusWrong(): void {
    requestAnimationFrame(() => element.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
  }
  const text = (
    field: 'name' | 'email' | 'phone',
    label: string,
    rest: { hint?: string; type?: 'text' | 'email' | 'tel'; maxLength: number },
  ) => (
    <Field label={label} hint={rest.hint} error={problems[field]}>
      {({ id, describedBy, invalid }) => (
        <input
          id={id}
          class="input"
          type={(rest.type ?? 'text') as 'text'}
          dir={field === 'name' ? 'auto' : 'ltr'}
          autocomplete="off"
          maxLength={rest.maxLength}
          aria-describedby={describedBy}
          aria-invalid={invalid}
          value={now[field]}
          onInput={(event) => set({ [field]: event.currentTarget.value })}
        />
      )}
    </Field>
  );
  const elsewhere = failure.value && !Object.values(problems).some(Boolean) ? failure.value : null;

  return (
    <form class="stack-s person-form" ref={element} onSubmit={save} noValidate>
      {text('name', gettext('Name'), { maxLength: 120, hint: gettext('Visitors see it.') })}
      {text('email', gettext('E-mail'), { type: 'email', maxLength: 254 })}
      <Choice
        legend={gettext('Role')}
        value={now.role}
        disabled={mine}
        options={ROLES.map((role) => ({ value: role, label: roleText(role), hint: roleHint(role) }))}
        onChange={(role) => set({ role })}
      />
      {mine && <p class="field-hint">{gettext('Another administrator can change your role.')}</p>}
      {text('phone', gettext('Phone'), {
        type: 'tel',
        maxLength: 64,
        hint: gettext('Calls of visitors ring here. Write it as you like, best with the country code.'),
      })}
      <SelectInput
        label={gettext('Language')}
        hint={gettext('What the phone says before a call.')}
        value={now.locale}
        options={LOCALES.map(({ tag, name }) => ({ value: tag, label: name }))}
        onChange={(locale) => set({ locale })}
      />
      {console.departments.value.length > 0 && (
        <fieldset class="choice">
          <legend>{gettext('Departments')}</legend>
          <ul class="department-members">
            {console.departments.value.map((department) => (
              <li key={department.id}>
                <label>
                  <input
                    type="checkbox"
                    checked={now.departmentIds.includes(department.id)}
                    onChange={({ currentTarget }) => {
                      const others = now.departmentIds.filter((id) => id !== department.id);
                      set({ departmentIds: currentTarget.checked ? [...others, department.id] : others });
                    }}
                  />
                  <span dir="auto">{departmentName(department)}</span>
                </label>
              </li>
            ))}
          </ul>
        </fieldset>
      )}
      {!one && <PasswordChoice wanted={password} checked={checked.value} />}
      {elsewhere && (
        <div class="alert alert-bad" role="alert">
          <Icon name="warn" />
          <p>{errorText(elsewhere)}</p>
        </div>
      )}
      <div class="buttons">
        <button type="submit" class="button button-primary" disabled={busy.value}>
          {busy.value ? gettext('Saving…') : one ? gettext('Save') : gettext('Add a person')}
        </button>
        <button type="button" class="button button-quiet" onClick={() => onDone()}>
          {gettext('Cancel')}
        </button>
      </div>
    </form>
  );
}

function toForm(one: Colleague | undefined): Form {
  return {
    name: one?.person.name ?? '',
    email: one?.person.email ?? '',
    role: one?.person.role ?? 'consultant',
    phone: one?.phone ?? '',
    departmentIds: one?.departmentIds ?? [],
    locale: LOCALES.find(({ tag }) => tag === (one?.person.locale ?? currentLocale()))?.tag ?? 'en',
  };
}

function newPerson(form: Form, password: WantedPassword): NewPerson {
  const typed = passwordOf(password);
  return {
    ...form,
    departmentIds: [...form.departmentIds],
    phone: form.phone.trim() || null,
    ...(typed !== null && { password: typed }),
  };
}

/** Only what differs, so that nothing that somebody else sets meanwhile is taken back. */
function changesOf(before: Form, after: Form): Partial<Form> {
  const changed = Object.entries(after).filter(([name, value]) => value !== before[name as keyof Form]);
  return Object.fromEntries(changed) as Partial<Form>;
}

function problemsOf(form: Form, failure: AskError | null, checked: boolean) {
  const email = failure?.code === 'email_taken' || failure?.details.field === 'email';
  return {
    name: checked && !form.name.trim() ? gettext('Enter a name.') : null,
    email:
      email && failure
        ? errorText(failure)
        : checked && !/^[^@\s]+@[^@\s]+\.[^@\s.]+$/.test(form.email.trim())
          ? gettext('Enter an e-mail address.')
          : null,
    phone: failure?.code === 'phone_invalid' ? errorText(failure) : null,
  };
}

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Department, DepartmentDraft } from '../../../widget/src/shared/contracts.gen';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { currentLocale, gettext } from '../../../widget/src/shared/gettext';
import { LOCALES } from '../app/catalogs';
import { useApp } from '../app/context';
import { TextInput } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { Switch } from '../ui/pieces';
import { say } from '../ui/toasts';

export function DepartmentForm({ one, onDone }: { one?: Department; onDone: () => void }) {
  const { api, console } = useApp();
  const draft = useSignal<DepartmentDraft>({
    names: one?.names ?? {},
    shown: one?.shown ?? true,
    fallThrough: one?.fallThrough ?? true,
    memberIds: one?.memberIds ?? [],
  });
  const failure = useSignal<AskError | null>(null);
  const checked = useSignal(false);
  const busy = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>('input')?.focus(), []);
  const now = draft.value;
  const set = (part: Partial<DepartmentDraft>) => {
    draft.value = { ...now, ...part };
    failure.value = null;
  };
  const unnamed = !Object.values(now.names).some((name) => name.trim());
  // One's own language first: the others stand in where they are empty.
  const locales = [...LOCALES].sort(
    (a, b) => Number(b.tag === currentLocale()) - Number(a.tag === currentLocale()),
  );
  const people = [...console.people.value.values()]
    .filter((person) => person.active && (person.role !== 'marketer' || now.memberIds.includes(person.id)))
    .sort((a, b) => a.name.localeCompare(b.name));

  async function save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    checked.value = true;
    if (busy.value || unnamed) return;
    busy.value = true;
    try {
      if (one) {
        const path = `/departments/${encodeURIComponent(one.id)}`;
        await api.call('PUT', path, { version: one.version, department: draft.value });
      } else await api.call('POST', '/departments', draft.value);
      say(gettext('Saved.'));
      onDone();
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
    busy.value = false;
  }
  return (
    <form class="stack-s person-form" ref={form} onSubmit={save} noValidate>
      {locales.map(({ tag, name }, at) => (
        <TextInput
          key={tag}
          label={gettext('Name in {language}', { language: name })}
          lang={tag}
          maxLength={60}
          error={
            at === 0 && checked.value && unnamed ? gettext('Enter a name in one language at least.') : null
          }
          value={now.names[tag] ?? ''}
          onChange={(text) => set({ names: { ...now.names, [tag]: text } })}
        />
      ))}
      <fieldset class="choice">
        <legend>{gettext('Who belongs to it')}</legend>
        <ul class="department-members">
          {people.map((person) => (
            <li key={person.id}>
              <label>
                <input
                  type="checkbox"
                  checked={now.memberIds.includes(person.id)}
                  onChange={({ currentTarget }) => {
                    const others = now.memberIds.filter((id) => id !== person.id);
                    set({ memberIds: currentTarget.checked ? [...others, person.id] : others });
                  }}
                />
                <span dir="auto">{person.name}</span>
              </label>
            </li>
          ))}
        </ul>
      </fieldset>
      <Switch
        label={gettext('Visitors can choose it')}
        hint={gettext('The form for a call then asks what it is about.')}
        on={now.shown}
        onChange={(shown) => set({ shown })}
      />
      <Switch
        label={gettext('Call everyone else after them')}
        hint={gettext('When nobody of the department takes the call.')}
        on={now.fallThrough}
        onChange={(fallThrough) => set({ fallThrough })}
      />
      {failure.value && (
        <div class="alert alert-bad" role="alert">
          <Icon name="warn" />
          <p>{errorText(failure.value)}</p>
        </div>
      )}
      <div class="buttons">
        <button type="submit" class="button button-primary" disabled={busy.value}>
          {busy.value ? gettext('Saving…') : gettext('Save')}
        </button>
        <button type="button" class="button button-quiet" onClick={onDone}>
          {gettext('Cancel')}
        </button>
      </div>
    </form>
  );
}

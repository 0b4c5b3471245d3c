// People: who works here, what each may do, and who is dialled after whom. Everyone sees it, admins change it.
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Colleague } from '../../../widget/src/shared/contracts.gen';
import { errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { Failed } from '../app/site';
import { Confirm } from '../ui/Confirm';
import { Icon } from '../ui/icons';
import { Dialog, Menu } from '../ui/layers';
import { Avatar, Empty, Skeleton } from '../ui/pieces';
import { say } from '../ui/toasts';
import { DialOrder } from './DialOrder';
import { MadePassword, NewPasswordForm } from './NewPasswordForm';
import { PersonForm } from './PersonForm';
import { PhotoForm } from './PhotoForm';
import { openPeople, type People } from './people';
import { roleText } from './words';
import '../ui/pages.css';
import './people.css';

/** What a dialog is open about. */
export type Task =
  | { readonly kind: 'add' }
  | { readonly kind: 'edit' | 'password' | 'photo' | 'deactivate'; readonly one: Colleague }
  | { readonly kind: 'made'; readonly one: Colleague; readonly password: string };

export function PeopleScreen() {
  const { api, console } = useApp();
  const people = useMemo(() => openPeople(api.call), [api]);
  const task = useSignal<Task | null>(null);
  const open = useSignal(false);
  const heard = console.people.value;
  useEffect(() => void people.load(), [people]);
  useEffect(() => {
    for (const person of heard.values()) people.heard(person);
  }, [heard, people]);

  const { list, failure } = people;
  if (!list.value) {
    if (failure.value) return <Failed failure={failure.value} again={() => void people.load()} />;
    return <Skeleton rows={5} />;
  }
  const me = console.me.value;
  const admin = me.role === 'admin';
  const begin = (next: Task) => {
    task.value = next;
    open.value = true;
  };
  return (
    <>
      <header class="page-head">
        <h2 class="title">{gettext('People')}</h2>
        {admin && (
          <button type="button" class="button button-primary" onClick={() => begin({ kind: 'add' })}>
            <Icon name="plus" size={18} /> {gettext('Add a person')}
          </button>
        )}
        {!admin && (
          <p class="muted page-about">{gettext('Only an administrator can change who works here.')}</p>
        )}
      </header>
      <section class="panel" aria-label={gettext('Team')}>
        <ul class="people-list">
          {people.active.value.map((one) => (
            <Row key={one.person.id} one={one} myId={me.id} admin={admin} begin={begin} />
          ))}
        </ul>
      </section>
      {people.order.value.length === 0 ? (
        <Empty icon="phone" title={gettext('Nobody answers calls yet')}>
          <p>{gettext('Add a consultant with a phone: calls of visitors ring there.')}</p>
        </Empty>
      ) : (
        <DialOrder people={people} admin={admin} />
      )}
      {people.left.value.length > 0 && <Left people={people} admin={admin} />}
      <TaskDialog people={people} task={task} open={open} />
    </>
  );
}

function Row(props: { one: Colleague; myId: string; admin: boolean; begin: (task: Task) => void }) {
  const { one, myId, admin, begin } = props;
  const { person, phone } = one;
  const here = person.online && person.status === 'available';
  const mine = person.id === myId;
  return (
    <li class="person">
      <Avatar name={person.name} id={person.id} online={here} photo={person.photoUrl} />
      <span class="person-who">
        <strong dir="auto">{person.name}</strong>
        {mine && <span class="chip">{gettext('You')}</span>}
        <span class="person-line">
          <span>{person.email}</span>
          {phone && <bdi>{phone}</bdi>}
        </span>
      </span>
      <span class="person-role">
        {roleText(person.role)}
        <small class="muted">
          {here ? gettext('Available') : person.online ? gettext('Away') : gettext('Not signed in')}
        </small>
      </span>
      {admin && (
        <Menu
          title={gettext('{name}: actions', { name: person.name })}
          name={gettext('{name}: actions', { name: person.name })}
          class="icon-button"
          label={<Icon name="more" />}
          items={[
            { label: gettext('Edit'), icon: 'settings', onPick: () => begin({ kind: 'edit', one }) },
            { label: gettext('Photo'), icon: 'people', onPick: () => begin({ kind: 'photo', one }) },
            ...(mine
              ? []
              : [
                  {
                    label: gettext('New password'),
                    icon: 'copy' as const,
                    onPick: () => begin({ kind: 'password', one }),
                  },
                  {
                    label: gettext('Deactivate'),
                    icon: 'exit' as const,
                    onPick: () => begin({ kind: 'deactivate', one }),
                  },
                ]),
          ]}
        />
      )}
    </li>
  );
}

function Left({ people, admin }: { people: People; admin: boolean }) {
  return (
    <section class="panel">
      <h2>{gettext('No longer here')}</h2>
      <ul class="people-list">
        {people.left.value.map((one) => (
          <li key={one.person.id} class="person person-left">
            <Avatar name={one.person.name} id={one.person.id} photo={one.person.photoUrl} />
            <span class="person-who">
              <strong dir="auto">{one.person.name}</strong>
              <span class="person-line">{one.person.email}</span>
            </span>
            <span class="person-role">{roleText(one.person.role)}</span>
            {admin && (
              <button
                type="button"
                class="button button-small"
                onClick={() =>
                  people.reactivate(one).then(
                    () => say(gettext('{name} can sign in again.', { name: one.person.name })),
                    (thrown: unknown) => say(errorText(toAskError(thrown)), true),
                  )
                }
              >
                {gettext('Reactivate')}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function TaskDialog(props: { people: People; task: Signal<Task | null>; open: Signal<boolean> }) {
  const { people, task, open } = props;
  const now = task.value;
  const done = (next: Task | null = null) => {
    task.value = next;
    open.value = next !== null;
  };
  return (
    <Dialog open={open} title={titleOf(now)} class="dialog-person">
      {now?.kind === 'add' && <PersonForm people={people} onDone={done} />}
      {now?.kind === 'edit' && <PersonForm people={people} one={now.one} onDone={done} />}
      {now?.kind === 'password' && <NewPasswordForm people={people} one={now.one} onDone={done} />}
      {now?.kind === 'made' && <MadePassword one={now.one} password={now.password} onDone={done} />}
      {now?.kind === 'photo' && <PhotoForm people={people} id={now.one.person.id} onDone={done} />}
      {now?.kind === 'deactivate' && <Deactivate people={people} one={now.one} onDone={done} />}
    </Dialog>
  );
}

function titleOf(task: Task | null): string {
  if (task === null || task.kind === 'add') return gettext('Add a person');
  const { name } = task.one.person;
  switch (task.kind) {
    case 'edit':
      return name;
    case 'password':
      return gettext('New password for {name}', { name });
    case 'made':
      return gettext('Password of {name}', { name });
    case 'photo':
      return gettext('Photo of {name}', { name });
    case 'deactivate':
      return gettext('Deactivate {name}?', { name });
  }
}

function Deactivate({ people, one, onDone }: { people: People; one: Colleague; onDone: () => void }) {
  const failure = useSignal<string | null>(null);
  const busy = useSignal(false);
  async function run(): Promise<void> {
    busy.value = true;
    try {
      await people.deactivate(one);
      say(gettext('{name} is signed out everywhere.', { name: one.person.name }));
      onDone();
    } catch (thrown) {
      failure.value = errorText(toAskError(thrown));
      void people.load();
    }
    busy.value = false;
  }
  return (
    <Confirm
      text={gettext(
        'The person is signed out everywhere at once and is no longer called. Open conversations go back to the queue. What was written stays, and you can reactivate the person later.',
      )}
      problem={failure.value}
      yes={gettext('Deactivate')}
      isBusy={busy.value}
      onYes={() => void run()}
      onNo={() => onDone()}
    />
  );
}

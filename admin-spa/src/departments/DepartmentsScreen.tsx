// Departments: what a question is about, who answers it, and whether visitors are asked. Everyone sees it, admins change it.
import { type Signal, useSignal } from '@preact/signals';
import type { Department } from '../../../widget/src/shared/contracts.gen';
import { errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { departmentName } from '../app/departments';
import { Icon } from '../ui/icons';
import { Dialog, Menu } from '../ui/layers';
import { Avatar, Empty } from '../ui/pieces';
import { say } from '../ui/toasts';
import { DepartmentForm } from './DepartmentForm';
import '../ui/pages.css';
import '../people/people.css';
import './departments.css';

export type Task = { readonly kind: 'add' } | { readonly kind: 'edit' | 'remove'; readonly one: Department };

export function DepartmentsScreen() {
  const { console } = useApp();
  const task = useSignal<Task>({ kind: 'add' });
  const open = useSignal(false);
  const list = console.departments.value;
  const admin = console.me.value.role === 'admin';
  const begin = (next: Task) => {
    task.value = next;
    open.value = true;
  };
  const add = (
    <button type="button" class="button button-primary" onClick={() => begin({ kind: 'add' })}>
      <Icon name="plus" size={18} /> {gettext('Add a department')}
    </button>
  );
  return (
    <>
      <header class="page-head">
        <h2 class="title">{gettext('Departments')}</h2>
        {admin && list.length > 0 && add}
        {!admin && <p class="muted page-about">{gettext('Only an administrator can change departments.')}</p>}
      </header>
      {list.length === 0 ? (
        <Empty icon="people" title={gettext('No departments yet')}>
          <p>
            {gettext(
              'Let visitors say what a call is about: the right people are called first, and chats can be handed to them.',
            )}
          </p>
          {admin && add}
        </Empty>
      ) : (
        <ul class="cards">
          {list.map((one) => (
            <li key={one.id}>
              <Card one={one} admin={admin} begin={begin} />
            </li>
          ))}
        </ul>
      )}
      <TaskDialog task={task} open={open} />
    </>
  );
}

function Card({ one, admin, begin }: { one: Department; admin: boolean; begin: (task: Task) => void }) {
  const { console } = useApp();
  const name = departmentName(one);
  const members = one.memberIds.flatMap((id) => console.people.value.get(id) ?? []);
  return (
    <section class="panel department">
      <header class="department-head">
        <h3 dir="auto">{name}</h3>
        <span class={one.shown ? 'chip chip-done' : 'chip'}>
          {one.shown ? gettext('Visitors can choose it') : gettext('For colleagues only')}
        </span>
        {admin && (
          <Menu
            title={gettext('{name}: actions', { name })}
            name={gettext('{name}: actions', { name })}
            class="icon-button"
            label={<Icon name="more" />}
            items={[
              { label: gettext('Edit'), icon: 'settings', onPick: () => begin({ kind: 'edit', one }) },
              { label: gettext('Remove'), icon: 'bin', onPick: () => begin({ kind: 'remove', one }) },
            ]}
          />
        )}
      </header>
      {members.length === 0 ? (
        <p class="muted">{gettext('Nobody belongs to it.')}</p>
      ) : (
        <ul class="department-people">
          {members.map((person) => (
            <li key={person.id}>
              <Avatar name={person.name} id={person.id} photo={person.photoUrl} />
              <span dir="auto">{person.name}</span>
            </li>
          ))}
        </ul>
      )}
      <p class="muted">
        {one.fallThrough
          ? gettext('If none of them takes a call, everyone else is called.')
          : gettext('If none of them takes a call, nobody else is called.')}
      </p>
    </section>
  );
}

function TaskDialog({ task, open }: { task: Signal<Task>; open: Signal<boolean> }) {
  const now = task.value;
  const done = () => {
    open.value = false;
  };
  const title =
    now.kind === 'add'
      ? gettext('Add a department')
      : now.kind === 'edit'
        ? departmentName(now.one)
        : gettext('Remove {name}?', { name: departmentName(now.one) });
  return (
    <Dialog open={open} title={title} class="dialog-person">
      {now.kind === 'add' && <DepartmentForm onDone={done} />}
      {now.kind === 'edit' && <DepartmentForm one={now.one} onDone={done} />}
      {now.kind === 'remove' && <Remove one={now.one} onDone={done} />}
    </Dialog>
  );
}

function Remove({ one, onDone }: { one: Department; onDone: () => void }) {
  const { api } = useApp();
  const busy = useSignal(false);
  async function run(): Promise<void> {
    busy.value = true;
    try {
      await api.call('DELETE', `/departments/${encodeURIComponent(one.id)}`);
      onDone();
    } catch (thrown) {
      say(errorText(toAskError(thrown)), true);
    }
    busy.value = false;
  }
  return (
    <div class="stack-s">
      <p>{gettext('Its people stay, and its conversations are for everyone again.')}</p>
      <div class="buttons">
        <button type="button" class="button button-danger" disabled={busy.value} onClick={() => void run()}>
          {gettext('Remove')}
        </button>
        <button type="button" class="button button-quiet" onClick={onDone}>
          {gettext('Cancel')}
        </button>
      </div>
    </div>
  );
}

// The people of an account as the settings know them: the list, and each change with the revision it was made on.
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Colleague, NewPerson, Person, PersonPatch } from '../../../widget/src/shared/contracts.gen';
import { type AskError, toAskError } from '../../../widget/src/shared/errors';
import type { Api } from '../app/api';

export type People = ReturnType<typeof openPeople>;

export function openPeople(call: Api['call']) {
  const list = signal<readonly Colleague[] | null>(null);
  const failure = signal<AskError | null>(null);
  const path = (id: string, what = '') => `/people/${encodeURIComponent(id)}${what}`;

  function put(one: Colleague): Colleague {
    const others = (list.value ?? []).filter(({ person }) => person.id !== one.person.id);
    list.value = [...others, one].sort((a, b) => a.person.name.localeCompare(b.person.name));
    return one;
  }
  /** The order that was not sent yet; one request at a time, so that an older one never comes last. */
  const unsent: { ids: string[] | null } = { ids: null };
  let sending: Promise<void> | null = null;
  async function sendOrder(before: readonly Colleague[] | null): Promise<void> {
    try {
      while (unsent.ids) {
        const personIds = unsent.ids;
        unsent.ids = null;
        const told = (await call('PUT', '/people/order', { personIds })) as { colleagues: Colleague[] };
        if (!unsent.ids) list.value = told.colleagues;
      }
    } catch (thrown) {
      unsent.ids = null;
      list.value = before;
      throw thrown;
    } finally {
      sending = null;
    }
  }
  async function changed(work: Promise<unknown>): Promise<Colleague> {
    return put(((await work) as { colleague: Colleague }).colleague);
  }
  const revisionOf = ({ revision }: Colleague) => ({ revision });

  return {
    list: list as ReadonlySignal<readonly Colleague[] | null>,
    failure: failure as ReadonlySignal<AskError | null>,
    active: computed(() => (list.value ?? []).filter(({ person }) => person.active)),
    left: computed(() => (list.value ?? []).filter(({ person }) => !person.active)),
    /** The active consultants, the first to be dialled first. */
    order: computed(() => inOrder(list.value ?? [])),

    async load(): Promise<void> {
      failure.value = null;
      try {
        list.value = ((await call('GET', '/people')) as { colleagues: Colleague[] }).colleagues;
      } catch (thrown) {
        failure.value = toAskError(thrown);
      }
    },
    /** What the console hears of somebody: here, away, gone. */
    heard(person: Person): void {
      const known = list.peek()?.find((one) => one.person.id === person.id);
      if (known) put({ ...known, person });
    },
    /** The password that the server made, or null when one was given. */
    async add(person: NewPerson): Promise<{ colleague: Colleague; password: string | null }> {
      const added = (await call('POST', '/people', person)) as {
        colleague: Colleague;
        password: string | null;
      };
      put(added.colleague);
      return added;
    },
    change: (one: Colleague, patch: Omit<PersonPatch, 'revision'>) =>
      changed(call('PATCH', path(one.person.id), { ...patch, ...revisionOf(one) })),
    deactivate: (one: Colleague) =>
      changed(call('POST', path(one.person.id, '/deactivate'), revisionOf(one))),
    reactivate: (one: Colleague) =>
      changed(call('POST', path(one.person.id, '/reactivate'), revisionOf(one))),
    setPhoto: (one: Colleague, image: string) =>
      changed(call('PUT', path(one.person.id, '/photo'), { image })),
    removePhoto: (one: Colleague) => changed(call('DELETE', path(one.person.id, '/photo'))),
    async setPassword(one: Colleague, password: string | null): Promise<string | null> {
      const body = password === null ? {} : { password };
      return ((await call('PUT', path(one.person.id, '/password'), body)) as { password: string | null })
        .password;
    },
    /** Move a consultant up or down; the others close ranks. It shows at once and goes back when it is refused. */
    async move(one: Colleague, by: -1 | 1): Promise<void> {
      const before = list.value;
      const ids = moved(
        inOrder(before ?? []).map(({ person }) => person.id),
        one.person.id,
        by,
      );
      const place = new Map(ids.map((id, at) => [id, at + 1]));
      list.value = (before ?? []).map((each) => ({
        ...each,
        dialOrder: place.get(each.person.id) ?? each.dialOrder,
      }));
      unsent.ids = ids;
      sending ??= sendOrder(before);
      await sending;
    },
  };
}

export function inOrder(list: readonly Colleague[]): Colleague[] {
  return list
    .filter(({ person }) => person.active && person.role === 'consultant')
    .sort((a, b) => a.dialOrder - b.dialOrder || (a.person.id < b.person.id ? -1 : 1));
}

/** A list with one of it moved; at an end it stays. */
export function moved(ids: readonly string[], id: string, by: -1 | 1): string[] {
  const at = ids.indexOf(id);
  const to = at + by;
  const after = [...ids];
  if (at < 0 || to < 0 || to >= ids.length) return after;
  after.splice(to, 0, ...after.splice(at, 1));
  return after;
}

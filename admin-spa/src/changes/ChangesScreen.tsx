// Changes: who did what when, the newest first. For admins; nobody can change or remove a line.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Change, ChangeList } from '../../../widget/src/shared/contracts.gen';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { hashOf } from '../app/route';
import { Failed } from '../app/site';
import { SelectInput } from '../ui/Inputs';
import { Avatar, Empty, Skeleton } from '../ui/pieces';
import { exactWhen, shortWhen } from '../ui/time';
import { say } from '../ui/toasts';
import { actionText, fieldText, isTold, valueText } from './words';
import '../ui/pages.css';
import './changes.css';

type About = '' | 'people' | 'sites' | 'rules' | 'visitors' | 'sessions';

export function ChangesScreen() {
  const { api } = useApp();
  const about = useSignal<About>('');
  const list = useSignal<readonly Change[] | null>(null);
  const following = useSignal<string | null>(null);
  const failure = useSignal<AskError | null>(null);
  const busy = useSignal(false);

  async function load(before: string | null): Promise<void> {
    const wanted = about.value;
    const query = new URLSearchParams();
    if (wanted) query.set('about', wanted);
    if (before) query.set('before', before);
    busy.value = true;
    failure.value = null;
    try {
      const told = (await api.call('GET', `/changes?${query}`)) as ChangeList;
      if (about.peek() !== wanted) return;
      list.value = before ? [...(list.value ?? []), ...told.changes] : told.changes;
      following.value = told.next;
    } catch (thrown) {
      if (list.value) say(errorText(toAskError(thrown)), true);
      else failure.value = toAskError(thrown);
    } finally {
      busy.value = false;
    }
  }
  useEffect(() => {
    list.value = null;
    void load(null);
  }, [about.value]);

  return (
    <>
      <header class="page-head">
        <h2 class="title">{gettext('Changes')}</h2>
        <p class="muted page-about">
          {gettext('Who did what, and when. Nobody can change or remove a line of it.')}
        </p>
      </header>
      <div class="toolbar">
        <SelectInput
          label={gettext('Show')}
          class="field-inline"
          value={about.value}
          options={[
            { value: '', label: gettext('All changes') },
            { value: 'people', label: gettext('People and departments') },
            { value: 'sites', label: gettext('Sites and calling') },
            { value: 'rules', label: gettext('Campaigns') },
            { value: 'visitors', label: gettext('Visitors’ data') },
            { value: 'sessions', label: gettext('Sign-ins') },
          ]}
          onChange={(value) => {
            about.value = value;
          }}
        />
      </div>
      {failure.value && <Failed failure={failure.value} again={() => void load(null)} />}
      {!list.value && !failure.value && <Skeleton rows={6} />}
      {list.value?.length === 0 && (
        <Empty icon="clock" title={gettext('Nothing was changed yet')}>
          <p>{gettext('As soon as somebody changes a person, a site or a campaign, a line appears here.')}</p>
        </Empty>
      )}
      {list.value && list.value.length > 0 && (
        <section class="panel" aria-label={gettext('Changes')}>
          <ol class="changes">
            {list.value.map((change) => (
              <Line key={change.id} change={change} />
            ))}
          </ol>
          {following.value && (
            <button
              type="button"
              class="button"
              disabled={busy.value}
              onClick={() => void load(following.value)}
            >
              {busy.value ? gettext('Loading') : gettext('Show older ones')}
            </button>
          )}
        </section>
      )}
    </>
  );
}

function Line({ change }: { change: Change }) {
  const { console, nowMs } = useApp();
  const failed = change.action === 'session.refused';
  const who = failed
    ? (change.subjectName ?? gettext('Somebody'))
    : (change.actorName ?? gettext('Command line'));
  // What was named is in the sentence already.
  const fields = change.fields.filter(
    ({ name, before, after }) => name !== 'name' || before !== null || after !== change.subjectName,
  );
  const own = failed || change.subjectId === change.actorId;
  return (
    <li class="change">
      <Avatar
        name={who}
        id={(failed ? change.subjectId : change.actorId) ?? 'command line'}
        photo={console.people.value.get(change.actorId ?? '')?.photoUrl}
      />
      <div class="change-what">
        <p>
          <strong dir="auto">{who}</strong> <span>{actionText(change)}</span>
          {!own && change.subjectName && <Subject change={change} name={change.subjectName} />}
        </p>
        {fields.length > 0 && (
          <ul class="change-fields">
            {fields.map(({ name, before, after }) => (
              <li key={name}>
                {fieldText(name, change.action)}:{' '}
                {isTold(name, before) && (
                  <>
                    <del dir="auto">{valueText(name, before)}</del>
                    <span aria-hidden="true"> → </span>
                  </>
                )}
                <ins dir="auto">{valueText(name, after)}</ins>
              </li>
            ))}
          </ul>
        )}
      </div>
      <time class="muted" title={exactWhen(change.atMs)}>
        {shortWhen(change.atMs, nowMs.value)}
      </time>
    </li>
  );
}

function Subject({ change, name }: { change: Change; name: string }) {
  if (change.action.startsWith('rule.')) {
    return (
      <>
        {': '}
        <a href={hashOf('campaigns', change.subjectId)} dir="auto">
          {name}
        </a>
      </>
    );
  }
  return (
    <>
      {': '}
      <span dir="auto">{name}</span>
    </>
  );
}

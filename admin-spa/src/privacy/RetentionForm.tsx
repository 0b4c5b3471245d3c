// How long each class of data is kept; a job of the server deletes what is older.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Retention } from '../../../widget/src/shared/contracts.gen';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { useSaving } from '../app/saving';
import { Failed } from '../app/site';
import { useUnsavedGuard } from '../app/unsaved';
import { Confirm } from '../ui/Confirm';
import { NumberInput } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { Dialog } from '../ui/layers';
import { Skeleton } from '../ui/pieces';
import '../ui/pages.css';
import { CLASSES, type Class, changesOf, isRight, isShorter, labelOf, MOST_DAYS } from './retention';

export function RetentionForm() {
  const { api } = useApp();
  const saved = useSignal<Retention | null>(null);
  const form = useSignal<Retention | null>(null);
  const failure = useSignal<AskError | null>(null);
  const asks = useSignal(false);
  const saving = useSaving({
    done: () => {
      asks.value = false;
    },
  });

  function show(told: unknown): void {
    saved.value = told as Retention;
    form.value = told as Retention;
  }
  async function load(): Promise<void> {
    failure.value = null;
    try {
      show(await api.call('GET', '/retention'));
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
  }
  useEffect(() => void load(), []);

  const [before, now] = [saved.value, form.value];
  const isChanged = before !== null && now !== null && Object.keys(changesOf(before, now)).length > 0;
  useUnsavedGuard(isChanged);
  if (!before || !now)
    return failure.value ? (
      <Failed failure={failure.value} again={() => void load()} />
    ) : (
      <Skeleton rows={5} />
    );

  const isValid = CLASSES.every((one) => isRight(now[one]));
  const save = () =>
    saving.run(
      async () => show(await api.call('PATCH', '/retention', changesOf(before, now))),
      gettext('Saved.'),
    );
  const problem = saving.failure.value && errorText(saving.failure.value);

  return (
    <form
      class="settings-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!isChanged || !isValid) return;
        if (isShorter(before, now)) asks.value = true;
        else void save();
      }}
    >
      <header class="page-head">
        <h2 class="title">{gettext('Data')}</h2>
        <p class="muted page-about">
          {gettext(
            'What is older is deleted, once an hour. Data of one visitor is downloaded or erased beside their conversation.',
          )}
        </p>
      </header>
      <section class="panel">
        <h2>{gettext('How long data is kept')}</h2>
        {CLASSES.map((one) => (
          <NumberInput
            key={one}
            label={labelOf(one)}
            hint={hintOf(one)}
            empty={gettext('for ever')}
            unit={gettext('days')}
            value={now[one]}
            error={
              isRight(now[one])
                ? undefined
                : gettext('Write 1 to {most} days, or nothing.', { most: MOST_DAYS })
            }
            onChange={(days) => {
              form.value = { ...now, [one]: days };
            }}
          />
        ))}
      </section>
      {!asks.value && problem && (
        <p class="field-error" role="alert">
          <Icon name="warn" size={16} /> {problem}
        </p>
      )}
      <div class="buttons">
        <button
          type="submit"
          class="button button-primary"
          disabled={!isChanged || !isValid || saving.isBusy}
        >
          {gettext('Save')}
        </button>
      </div>
      <Dialog open={asks} title={gettext('Keep data for a shorter time?')}>
        <Confirm
          text={gettext('What is older than that is deleted within an hour. Nobody can bring it back.')}
          problem={problem}
          yes={gettext('Delete what is older')}
          isBusy={saving.isBusy}
          onYes={() => void save()}
          onNo={() => {
            asks.value = false;
          }}
        />
      </Dialog>
    </form>
  );
}

function hintOf(one: Class): string {
  switch (one) {
    case 'visitsDays':
      return gettext('And visitors who never wrote, from their last visit on.');
    case 'conversationsDays':
      return gettext('From the last message on.');
    case 'callbacksDays':
      return gettext('From the request on.');
    case 'surveysDays':
      return gettext('From the answer on.');
    case 'invitationsDays':
      return gettext('From the moment they were shown.');
  }
}

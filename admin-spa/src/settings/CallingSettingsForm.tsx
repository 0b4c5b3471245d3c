import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { durationText } from '../../../widget/src/shared/clock';
import type { CallingPatch, CallingSettings, SiteSummary } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { Refusal } from '../app/saving';
import { Failed } from '../app/site';
import { useUnsavedGuard } from '../app/unsaved';
import { Icon } from '../ui/icons';
import { Choice, Field, Skeleton } from '../ui/pieces';
import { useCalling } from './calling';
import {
  type CallingForm,
  changes,
  fromForm,
  type Problem,
  type Problems,
  parseDelays,
  toForm,
} from './form';
import { RegionsEditor } from './RegionsEditor';

const CURRENCIES = ['EUR', 'USD', 'GBP', 'MDL', 'RON', 'RUB', 'UAH', 'BGN', 'PLN', 'TRY', 'KZT'];

export function CallingSettingsForm({ site }: { site: SiteSummary }) {
  const { console } = useApp();
  const form = useSignal<CallingForm | null>(null);
  const problems = useSignal<Problems>({});
  const element = useRef<HTMLFormElement>(null);
  const locked = console.me.value.role !== 'admin';

  function show(settings: CallingSettings): void {
    form.value = toForm(settings);
  }
  const { saved, failure, busy, load, save, saveOver } = useCalling(site.id, show);

  const now = form.value;
  const before = saved.value;
  const dirty = now !== null && before !== null && JSON.stringify(toForm(before)) !== JSON.stringify(now);
  useUnsavedGuard(dirty);
  if (!now || !before)
    return failure.value ? (
      <Failed failure={failure.value} again={() => void load()} />
    ) : (
      <Skeleton rows={5} />
    );

  const set = (part: Partial<CallingForm>) => {
    form.value = { ...now, ...part };
    const wrong = { ...problems.value };
    for (const name of Object.keys(part)) delete wrong[name as keyof CallingForm];
    problems.value = wrong;
  };
  const text = (field: keyof CallingForm) => problemText(problems.value[field]);

  /** What was changed, or null where the form says nonsense, which is marked then. */
  function read(): CallingPatch | null {
    if (!form.value || !saved.value) return null;
    const said = fromForm(form.value);
    if (!('problems' in said)) return changes(saved.value, said.settings);
    problems.value = said.problems;
    requestAnimationFrame(() => element.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
    return null;
  }
  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const patch = read();
    if (patch && saved.value) void save(saved.value, patch);
  }

  const numberField = (field: 'offerS' | 'acceptS' | 'visitorS', label: string, hint: string) => (
    <Field label={label} hint={hint} error={text(field)}>
      {({ id, describedBy, invalid }) => (
        <span class="with-unit">
          <input
            id={id}
            class="input input-short"
            inputMode="numeric"
            aria-describedby={describedBy}
            aria-invalid={invalid}
            value={now[field]}
            onInput={(event) => set({ [field]: event.currentTarget.value })}
          />
          {gettext('seconds')}
        </span>
      )}
    </Field>
  );
  const moneyField = (field: 'dailyCap' | 'monthlyCap', label: string) => (
    <Field label={label} hint={gettext('Empty means no limit.')} error={text(field)}>
      {({ id, describedBy, invalid }) => (
        <span class="with-unit">
          <input
            id={id}
            class="input input-short"
            inputMode="decimal"
            aria-describedby={describedBy}
            aria-invalid={invalid}
            value={now[field]}
            onInput={(event) => set({ [field]: event.currentTarget.value })}
          />
          {now.currency}
        </span>
      )}
    </Field>
  );
  return (
    <form class="settings-form" ref={element} onSubmit={submit} noValidate>
      {locked && (
        <div class="alert">
          <Icon name="info" />
          <p>{gettext('Only an administrator can change these settings.')}</p>
        </div>
      )}
      <fieldset class="plain" disabled={locked}>
        <section class="panel">
          <h2>{gettext('How a call is made')}</h2>
          <Choice
            legend={gettext('Who is rung first')}
            value={now.order}
            options={[
              {
                value: 'consultant_first',
                label: gettext('The consultant'),
                hint: gettext('The visitor never waits on the line.'),
              },
              {
                value: 'visitor_first',
                label: gettext('The visitor'),
                hint: gettext('The visitor waits until a consultant answers.'),
              },
            ]}
            onChange={(order) => set({ order })}
          />
          <Choice
            legend={gettext('Several consultants')}
            value={now.offer}
            options={[
              { value: 'sequential', label: gettext('One after the other') },
              { value: 'simultaneous', label: gettext('All at once; the first to accept gets the call') },
            ]}
            onChange={(offer) => set({ offer })}
          />
          <div class="columns">
            {numberField(
              'offerS',
              gettext('A consultant’s phone rings for'),
              gettext('Then the next one is tried.'),
            )}
            {numberField('acceptS', gettext('Time to press 1'), gettext('After each of two prompts.'))}
            {numberField(
              'visitorS',
              gettext('The visitor’s phone rings for'),
              gettext('Then it counts as no answer.'),
            )}
          </div>
          <Field
            label={gettext('Further rounds')}
            hint={delaysHint(now.retryDelaysS)}
            error={text('retryDelaysS')}
          >
            {({ id, describedBy, invalid }) => (
              <input
                id={id}
                class="input"
                inputMode="numeric"
                placeholder="60, 300"
                aria-describedby={describedBy}
                aria-invalid={invalid}
                value={now.retryDelaysS}
                onInput={(event) => set({ retryDelaysS: event.currentTarget.value })}
              />
            )}
          </Field>
        </section>
        <section class="panel">
          <h2>{gettext('Recording and voicemail')}</h2>
          <Choice
            legend={gettext('Recording')}
            value={now.recording}
            options={[
              { value: 'off', label: gettext('Off') },
              {
                value: 'announce',
                label: gettext('Announced'),
                hint: gettext('Both hear that the call is recorded.'),
              },
              {
                value: 'explicit',
                label: gettext('With consent'),
                hint: gettext('Only if the visitor ticked the box.'),
              },
            ]}
            onChange={(recording) => set({ recording })}
          />
          <Choice
            legend={gettext('When the visitor’s voicemail answers')}
            value={now.visitorVoicemail}
            options={[
              { value: 'hang_up', label: gettext('Hang up and try again later') },
              { value: 'leave_message', label: gettext('Leave a short message') },
            ]}
            onChange={(visitorVoicemail) => set({ visitorVoicemail })}
          />
        </section>
        <section class="panel">
          <h2>{gettext('Where and how much')}</h2>
          <RegionsEditor
            regions={now.callableRegions}
            error={text('callableRegions')}
            onChange={(callableRegions) => set({ callableRegions })}
          />
          <div class="columns">
            {moneyField('dailyCap', gettext('Most per day'))}
            {moneyField('monthlyCap', gettext('Most per month'))}
            <Field label={gettext('Currency')}>
              {({ id }) => (
                <select
                  id={id}
                  class="select input-short"
                  value={now.currency}
                  onChange={(event) => set({ currency: event.currentTarget.value })}
                >
                  {[...new Set([now.currency, ...CURRENCIES])].map((code) => (
                    <option key={code}>{code}</option>
                  ))}
                </select>
              )}
            </Field>
          </div>
        </section>
      </fieldset>
      {failure.value && (
        <Refusal
          failure={failure.value}
          code="calling_changed"
          onTheirs={() => void load()}
          onMine={() => {
            const patch = read();
            if (patch) void saveOver(patch);
          }}
        />
      )}
      {!locked && (
        <div class="settings-save">
          <button type="submit" class="button button-primary" disabled={busy.value || !dirty}>
            {busy.value ? gettext('Saving…') : gettext('Save')}
          </button>
          {dirty && (
            <button type="button" class="button button-quiet" onClick={() => show(before)}>
              {gettext('Undo changes')}
            </button>
          )}
          {Object.keys(problems.value).length > 0 && (
            <p class="field-error" role="alert">
              <Icon name="warn" size={16} /> {gettext('Check the marked fields.')}
            </p>
          )}
        </div>
      )}
    </form>
  );
}

function delaysHint(text: string): string {
  const delays = parseDelays(text);
  if (delays?.length) {
    const list = delays.map((one) => durationText(one)).join(', ');
    return gettext('If nobody answers, everyone is tried again after: {list}', { list });
  }
  return gettext('Seconds before each further round, separated by commas. Empty: one round only.');
}

function problemText(problem: Problem | undefined): string | null {
  switch (problem?.kind) {
    case 'range':
      return gettext('Enter a whole number from {min} to {max}.', { min: problem.min, max: problem.max });
    case 'delays':
      return gettext('Enter up to 10 whole numbers of seconds, each from 1 to 86400.');
    case 'amount':
      return gettext('Enter an amount such as 50 or 49.90.');
    case 'regions':
      return gettext('Choose at least one country, or nobody can be called.');
    default:
      return null;
  }
}

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { durationText } from '../../../widget/src/shared/clock';
import type { CallingSettings, SiteSummary } from '../../../widget/src/shared/contracts.gen';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { Failed } from '../app/site';
import { Icon } from '../ui/icons';
import { Choice, Field, Skeleton } from '../ui/pieces';
import { say } from '../ui/toasts';
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
  const { api, console } = useApp();
  const saved = useSignal<CallingSettings | null>(null);
  const form = useSignal<CallingForm | null>(null);
  const problems = useSignal<Problems>({});
  const failure = useSignal<AskError | null>(null);
  const busy = useSignal(false);
  const element = useRef<HTMLFormElement>(null);
  const locked = console.me.value.role !== 'admin';

  function show(settings: CallingSettings): void {
    saved.value = settings;
    form.value = toForm(settings);
  }
  async function load(): Promise<void> {
    failure.value = null;
    try {
      show(await api.calling(site.id));
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
  }
  useEffect(() => void load(), [site.id]);

  const now = form.value;
  const before = saved.value;
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

  async function save(event: SubmitEvent) {
    event.preventDefault();
    if (busy.value || !form.value || !saved.value) return;
    const read = fromForm(form.value);
    failure.value = null;
    if ('problems' in read) {
      problems.value = read.problems;
      requestAnimationFrame(() =>
        element.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus(),
      );
      return;
    }
    busy.value = true;
    try {
      show(await api.patchCalling(site.id, changes(saved.value, read.settings)));
      say(gettext('Saved.'));
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
    busy.value = false;
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
  const dirty = JSON.stringify(toForm(before)) !== JSON.stringify(now);

  return (
    <form class="settings-form" ref={element} onSubmit={save} noValidate>
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
        <div class="alert alert-bad" role="alert">
          <Icon name="warn" />
          <p>{errorText(failure.value)}</p>
        </div>
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

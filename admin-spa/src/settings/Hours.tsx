import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { CallingSettings, SiteSummary } from '../../../widget/src/shared/contracts.gen';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { Failed } from '../app/site';
import { Icon } from '../ui/icons';
import { Choice, Skeleton } from '../ui/pieces';
import { say } from '../ui/toasts';
import { HoursEditor } from './HoursEditor';
import { HoursPreview } from './HoursPreview';
import { fromHoursForm, type HoursForm, type HoursProblems, toHoursForm } from './hours';
import { hoursProblemText, SpecialDates } from './SpecialDates';

const FINE: HoursProblems = { dates: {} };

/** When the site is open, and what the widget does while it is not. */
export function Hours({ site }: { site: SiteSummary }) {
  const { api, console } = useApp();
  const saved = useSignal<CallingSettings | null>(null);
  const form = useSignal<HoursForm | null>(null);
  const problems = useSignal<HoursProblems>(FINE);
  const failure = useSignal<AskError | null>(null);
  const busy = useSignal(false);
  const element = useRef<HTMLFormElement>(null);
  const locked = console.me.value.role !== 'admin';

  function show(settings: CallingSettings): void {
    saved.value = settings;
    form.value = toHoursForm(settings, Intl.DateTimeFormat().resolvedOptions().timeZone);
    problems.value = FINE;
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

  const set = (part: Partial<HoursForm>) => {
    form.value = { ...now, ...part };
    problems.value = FINE;
  };
  const dirty = JSON.stringify(toHoursForm(before, now.timeZone)) !== JSON.stringify(now);

  async function save(event: SubmitEvent) {
    event.preventDefault();
    if (busy.value || !form.value) return;
    const read = fromHoursForm(form.value);
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
      show(await api.patchCalling(site.id, { hours: read.hours, offHours: form.value.offHours }));
      say(gettext('Saved.'));
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
    busy.value = false;
  }

  const { weekly, dates } = problems.value;
  const isWrong = weekly !== undefined || Object.keys(dates).length > 0;
  return (
    <form class="settings-form" ref={element} onSubmit={save} noValidate>
      {locked && (
        <div class="alert">
          <Icon name="info" />
          <p>{gettext('Only an administrator can change these settings.')}</p>
        </div>
      )}
      <fieldset class="plain" disabled={locked}>
        <HoursEditor form={now} error={weekly ? hoursProblemText(weekly) : null} onChange={set} />
        {!now.alwaysOpen && (
          <>
            <SpecialDates
              dates={now.dates}
              problems={dates}
              country={before.callableRegions[0] ?? 'US'}
              onChange={set}
            />
            <section class="panel">
              <h2>{gettext('While you are closed')}</h2>
              <Choice
                legend={gettext('The widget offers')}
                value={now.offHours}
                options={[
                  {
                    value: 'schedule',
                    label: gettext('A call at a chosen time'),
                    hint: gettext('Visitors see when you open and choose a time within your hours.'),
                  },
                  {
                    value: 'message',
                    label: gettext('Only a message'),
                    hint: gettext('Visitors see when you open and write; calls are not taken.'),
                  },
                  {
                    value: 'hide',
                    label: gettext('Nothing'),
                    hint: gettext('The widget is hidden, except for visitors in a chat or a call.'),
                  },
                ]}
                onChange={(offHours) => set({ offHours })}
              />
            </section>
          </>
        )}
      </fieldset>
      <HoursPreview siteId={site.id} form={now} />
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
          {isWrong && (
            <p class="field-error" role="alert">
              <Icon name="warn" size={16} /> {gettext('Check the marked fields.')}
            </p>
          )}
        </div>
      )}
    </form>
  );
}

import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { CallingPatch, CallingSettings, SiteSummary } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { Refusal } from '../app/saving';
import { Failed } from '../app/site';
import { useUnsavedGuard } from '../app/unsaved';
import { Icon } from '../ui/icons';
import { Choice, Skeleton } from '../ui/pieces';
import { useCalling } from './calling';
import { HoursEditor } from './HoursEditor';
import { HoursPreview } from './HoursPreview';
import { fromHoursForm, type HoursForm, type HoursProblems, toHoursForm } from './hours';
import { hoursProblemText, SpecialDates } from './SpecialDates';

const FINE: HoursProblems = { dates: {} };

/** When the site is open, and what the widget does while it is not. */
export function Hours({ site }: { site: SiteSummary }) {
  const { console } = useApp();
  const form = useSignal<HoursForm | null>(null);
  const problems = useSignal<HoursProblems>(FINE);
  const element = useRef<HTMLFormElement>(null);
  const locked = console.me.value.role !== 'admin';

  function show(settings: CallingSettings): void {
    form.value = toHoursForm(settings, Intl.DateTimeFormat().resolvedOptions().timeZone);
    problems.value = FINE;
  }
  const { saved, failure, busy, load, save, saveOver } = useCalling(site.id, show);

  const now = form.value;
  const before = saved.value;
  const dirty =
    now !== null &&
    before !== null &&
    JSON.stringify(toHoursForm(before, now.timeZone)) !== JSON.stringify(now);
  useUnsavedGuard(dirty);
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
  /** What the form says, or null where it says nonsense, which is marked then. */
  function read(): CallingPatch | null {
    if (!form.value) return null;
    const { offHours } = form.value;
    const said = fromHoursForm(form.value);
    if (!('problems' in said)) return { hours: said.hours, offHours };
    problems.value = said.problems;
    requestAnimationFrame(() => element.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
    return null;
  }
  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const patch = read();
    if (patch && before) void save(before, patch);
  }

  const { weekly, dates } = problems.value;
  const isWrong = weekly !== undefined || Object.keys(dates).length > 0;
  return (
    <form class="settings-form" ref={element} onSubmit={submit} noValidate>
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

import { useSignal } from '@preact/signals';
import type { InvitationBudget } from '../../../widget/src/shared/contracts.gen';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { useUnsavedGuard } from '../app/unsaved';
import { NumberInput, Panel } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { Switch } from '../ui/pieces';
import { say } from '../ui/toasts';
import { problemsOfBudget } from './check';
import type { Rules } from './rules';
import { problemText } from './words';

/** How often all rules together may interrupt one visitor. */
export function BudgetForm({ rules, mayChange }: { rules: Rules; mayChange: boolean }) {
  const before = rules.budget.value;
  const draft = useSignal<InvitationBudget | null>(null);
  const failure = useSignal<AskError | null>(null);
  const busy = useSignal(false);
  const now = draft.value ?? before;
  const dirty = JSON.stringify(now) !== JSON.stringify(before);
  useUnsavedGuard(dirty);
  if (!before || !now) return null;
  const problems = problemsOfBudget(now);
  const set = (part: Partial<InvitationBudget>) => {
    failure.value = null;
    draft.value = now && { ...now, ...part };
  };
  async function save(event: SubmitEvent) {
    event.preventDefault();
    if (!now || problems.size > 0) return;
    busy.value = true;
    try {
      await rules.saveBudget(now);
      draft.value = null;
      say(gettext('Saved.'));
    } catch (thrown) {
      failure.value = toAskError(thrown);
    } finally {
      busy.value = false;
    }
  }
  return (
    <form class="stack narrow" onSubmit={save} noValidate>
      <fieldset class="plain stack" disabled={!mayChange}>
        <Panel
          title={gettext('Limits of all rules together')}
          about={gettext(
            'Invitations, surveys and offers share these limits. A visitor who is in a chat or a call is never interrupted, and who closes one invitation sees no other in that visit.',
          )}
        >
          <Switch
            label={gettext('Invite visitors on this site')}
            hint={gettext('Off: no rule shows anything, and nothing else changes.')}
            on={now.enabled}
            onChange={(enabled) => set({ enabled })}
          />
          <div class="columns">
            <NumberInput
              label={gettext('Most in one visit')}
              value={now.perVisit}
              error={problemText(problems, 'perVisit')}
              onChange={(value) => set({ perVisit: value ?? Number.NaN })}
            />
            <NumberInput
              label={gettext('Most in one day')}
              value={now.perDay}
              error={problemText(problems, 'perDay')}
              onChange={(value) => set({ perDay: value ?? Number.NaN })}
            />
            <NumberInput
              label={gettext('Most for one visitor ever')}
              empty={gettext('no limit')}
              value={now.perVisitor}
              error={problemText(problems, 'perVisitor')}
              onChange={(perVisitor) => set({ perVisitor })}
            />
          </div>
        </Panel>
      </fieldset>
      {failure.value && (
        <div class="alert alert-bad" role="alert">
          <Icon name="warn" />
          <p>{errorText(failure.value)}</p>
        </div>
      )}
      {mayChange && (
        <div class="save-bar">
          <button
            type="submit"
            class="button button-primary"
            disabled={busy.value || !dirty || problems.size > 0}
          >
            {busy.value ? gettext('Saving…') : gettext('Save')}
          </button>
          {dirty && (
            <button
              type="button"
              class="button button-quiet"
              onClick={() => {
                draft.value = null;
              }}
            >
              {gettext('Undo changes')}
            </button>
          )}
        </div>
      )}
    </form>
  );
}

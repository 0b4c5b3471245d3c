// Saving in an editor: one thing at a time, what went wrong stays on the screen, and a colleague who was faster is met.
import { type Signal, useSignal } from '@preact/signals';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { Icon } from '../ui/icons';
import { say } from '../ui/toasts';

export interface Saving {
  readonly isBusy: boolean;
  readonly failure: Signal<AskError | null>;
  /** Do it, then say `done`; while something else is being done it is not begun. */
  run(work: () => Promise<unknown>, done: string): Promise<void>;
}

export function useSaving(after: { done?: () => void; failed?: () => void } = {}): Saving {
  const busy = useSignal(false);
  const failure = useSignal<AskError | null>(null);
  return {
    isBusy: busy.value,
    failure,
    async run(work, done) {
      if (busy.value) return;
      busy.value = true;
      failure.value = null;
      try {
        await work();
        after.done?.();
        say(done);
      } catch (thrown) {
        failure.value = toAskError(thrown);
        after.failed?.();
      } finally {
        busy.value = false;
      }
    },
  };
}

/** A refusal; where a colleague was faster (`code`), both ways out. */
export function Refusal(props: {
  failure: AskError;
  code: string;
  onTheirs: () => void;
  onMine: () => void;
}) {
  return (
    <div class="alert alert-bad" role="alert">
      <Icon name="warn" />
      <div class="stack-s">
        <p>{errorText(props.failure)}</p>
        {props.failure.code === props.code && (
          <div class="buttons">
            <button type="button" class="button button-small" onClick={props.onTheirs}>
              {gettext('Take theirs')}
            </button>
            <button type="button" class="button button-small" onClick={props.onMine}>
              {gettext('Save mine over it')}
            </button>
          </div>
        )}
      </div>
    </div>
  );
}

/** Above the chat while a call is on its way: where it is, and the way out of it. */
import type { App } from '../main';
import { gettext } from '../shared/gettext';
import { Icon } from '../shell/Icon';
import { currentStep } from './steps';

export function CallBar({ app }: { app: App }) {
  const { calls } = app;
  const callback = calls.callback.value;
  if (!callback || !calls.isRunning.value) return null;
  const isTalking = callback.state === 'bridged';
  return (
    <div class="callbar">
      <Icon name="phone" />
      <span role="status">{currentStep(callback, Date.now()).text}</span>
      {!isTalking && (
        <button type="button" class="quiet" disabled={calls.isBusy.value} onClick={() => calls.cancel()}>
          {gettext('Cancel')}
        </button>
      )}
    </div>
  );
}

/** Above the chat while a call is on its way: where it is, and the way out of it. */
import { gettext } from '../shared/gettext';
import { Icon } from '../shell/Icon';
import type { View } from '../shell/Panel';
import { currentStep } from './steps';

export function CallBar({ view }: { view: View }) {
  const { calls } = view;
  const callback = calls.callback.value;
  if (!callback || !calls.isRunning.value) return null;
  return (
    <div class="callbar">
      <Icon name="phone" />
      <span role="status">{currentStep(callback, Date.now()).text}</span>
      {callback.state !== 'bridged' && (
        <button type="button" class="quiet" disabled={calls.isBusy.value} onClick={calls.cancel}>
          {gettext('Cancel')}
        </button>
      )}
    </div>
  );
}

/** Where a callback is asked for, or what to do where none can be had. */
import { whenThereText } from '../shared/clock';
import { gettext } from '../shared/gettext';
import { Empty } from '../shell/Empty';
import type { View } from '../shell/Panel';
import { CallForm } from './CallForm';

export function CallTab({ view }: { view: View }) {
  const { calls, tab } = view;
  const { offered, opensAtMs, opensOffsetMin, closed } = calls.offer.value;
  const back = opensAtMs
    ? `${gettext('We are back: {time}.', { time: whenThereText(opensAtMs, Date.now(), opensOffsetMin) })} `
    : '';
  if (closed === 'message' || (!offered && !back)) {
    return (
      <Empty
        icon="phone"
        title={closed ? gettext('We are closed at the moment') : gettext('Calls are not possible right now')}
      >
        <p>
          {back}
          {gettext('Leave us a message instead: the answer will wait for you in the chat.')}
        </p>
        <button
          type="button"
          class="primary"
          onClick={() => {
            tab.value = 'chat';
          }}
        >
          {gettext('Write a message')}
        </button>
      </Empty>
    );
  }
  return (
    <div class="scroll">
      <h3>
        {offered
          ? (view.own('callback') ?? gettext('We call you back'))
          : gettext('We are closed at the moment')}
      </h3>
      <p>
        {offered
          ? gettext('Leave your number: a consultant talks to you on the phone.')
          : back + gettext('Leave your number and choose a time.')}
      </p>
      <CallForm view={view} />
    </div>
  );
}

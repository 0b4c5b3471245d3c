/** The field to write in: Enter sends, Shift and Enter make a new line. */
import { errorText } from '../shared/errors.visitor';
import { gettext } from '../shared/gettext';
import { Icon } from '../shell/Icon';
import type { View } from '../shell/Panel';
import { Privacy } from '../shell/Privacy';
import { lengthOf, MAX_LENGTH } from './model';

export function Composer({ view }: { view: View }) {
  const { chat } = view;
  const draft = chat.draft.value;
  const length = lengthOf(draft);
  const isTooLong = length > MAX_LENGTH;
  const send = (event: Event) => {
    event.preventDefault();
    chat.send();
  };
  return (
    <form class="composer" onSubmit={send} noValidate>
      <textarea
        data-first
        rows={1}
        aria-label={gettext('Your message')}
        placeholder={gettext('Write a message…')}
        aria-invalid={isTooLong}
        aria-describedby="composer-note"
        enterkeyhint="send"
        dir="auto"
        value={draft}
        onInput={(event) => {
          chat.draft.value = event.currentTarget.value;
          chat.typed();
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) send(event);
        }}
      />
      <button type="submit" class="send" disabled={!length || isTooLong} aria-label={gettext('Send')}>
        <Icon name="send" />
      </button>
      <p id="composer-note" class={isTooLong ? 'error' : 'fine'} role={isTooLong ? 'alert' : undefined}>
        {isTooLong
          ? `${errorText({ code: 'message_too_long', details: { max: MAX_LENGTH } })} (${length})`
          : !chat.conversation.value && <Privacy view={view} />}
      </p>
    </form>
  );
}

/** The field to write in: Enter sends, Shift and Enter make a new line. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { App } from '../main';
import { errorText } from '../shared/errors';
import { gettext } from '../shared/gettext';
import { Icon } from '../shell/Icon';
import { MAX_LENGTH } from './model';

export function Composer({ app }: { app: App }) {
  const { chat, launcher } = app;
  const field = useRef<HTMLTextAreaElement>(null);
  const draft = chat.draft.value;
  const length = draft.trim().length;
  const isTooLong = length > MAX_LENGTH;
  const { privacyUrl } = launcher.config.site;

  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${Math.min(element.scrollHeight, 132)}px`;
  }, [draft]);

  const send = (event: Event) => {
    event.preventDefault();
    chat.send();
    field.current?.focus();
  };
  return (
    <form class="composer" onSubmit={send} noValidate>
      <div class="write">
        <textarea
          ref={field}
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
      </div>
      <p id="composer-note" class={isTooLong ? 'fine error' : 'fine'} role={isTooLong ? 'alert' : undefined}>
        {isTooLong
          ? `${errorText({ code: 'message_too_long', details: { max: MAX_LENGTH } })} (${length})`
          : privacyUrl &&
            !chat.conversation.value && (
              <a href={privacyUrl} target="_blank" rel="noopener">
                {gettext('How we treat your data')}
              </a>
            )}
      </p>
    </form>
  );
}

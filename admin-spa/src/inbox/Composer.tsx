import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { InboxConversation } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { visitorName } from '../app/words';
import { Icon } from '../ui/icons';
import type { Mode } from './view';

const MAX = 4000;
const MAX_HEIGHT_PX = 220;

export function Composer({ conversation }: { conversation: InboxConversation }) {
  const { console, prefs, view } = useApp();
  const { desk } = console;
  const text = useSignal(view.draft(conversation.id));
  const field = useRef<HTMLTextAreaElement>(null);
  const asked = useRef(view.focusWanted.value);
  const mode = view.mode.value;
  const length = [...text.value.trim()].length;
  const sendable = length > 0 && length <= MAX;

  useEffect(() => {
    if (view.focusWanted.value === asked.current) return;
    asked.current = view.focusWanted.value;
    if (!text.value) text.value = view.draft(conversation.id);
    field.current?.focus();
  }, [view.focusWanted.value]);
  useLayoutEffect(() => {
    const box = field.current;
    if (!box) return;
    box.style.setProperty('height', 'auto');
    box.style.setProperty('height', `${Math.min(box.scrollHeight, MAX_HEIGHT_PX)}px`);
  }, [text.value]);

  function write(value: string): void {
    text.value = value;
    view.keepDraft(conversation.id, value);
  }
  function send(): void {
    if (!sendable) return;
    desk.send(conversation.id, text.value.trim(), mode === 'note');
    write('');
    field.current?.focus();
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.isComposing || event.shiftKey || event.altKey) return;
    const modified = event.ctrlKey || event.metaKey;
    if (modified || prefs.sendKey.value === 'enter') {
      event.preventDefault();
      send();
    }
  }

  return (
    <form
      class={`composer composer-${mode}`}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="composer-tabs" role="radiogroup" aria-label={gettext('What to write')}>
        <ModeTab mode="reply" label={gettext('Reply')} />
        <ModeTab mode="note" label={gettext('Internal note')} />
      </div>
      <textarea
        ref={field}
        rows={2}
        dir="auto"
        aria-label={mode === 'note' ? gettext('Internal note') : gettext('Reply')}
        aria-describedby="composer-hint"
        placeholder={
          mode === 'note'
            ? gettext('Only colleagues see this note')
            : gettext('Write to {name}', { name: visitorName(conversation.visitor) })
        }
        value={text.value}
        onInput={(event) => {
          write(event.currentTarget.value);
          if (mode === 'reply') desk.typed(conversation.id);
        }}
        onKeyDown={onKeyDown}
      />
      <div class="composer-foot">
        <p id="composer-hint" class={length > MAX ? 'composer-hint composer-over' : 'composer-hint'}>
          {length > MAX - 200
            ? gettext('{count} of {max} characters', { count: length, max: MAX })
            : prefs.sendKey.value === 'enter'
              ? gettext('Enter sends, Shift+Enter starts a new line')
              : gettext('Ctrl+Enter sends')}
        </p>
        <button type="submit" class="button button-primary" aria-disabled={!sendable}>
          <Icon name={mode === 'note' ? 'note' : 'send'} size={18} />
          {mode === 'note' ? gettext('Add note') : gettext('Send')}
        </button>
      </div>
    </form>
  );
}

function ModeTab({ mode, label }: { mode: Mode; label: string }) {
  const { view } = useApp();
  return (
    <label class="composer-tab">
      <input
        type="radio"
        name="composer-mode"
        value={mode}
        checked={view.mode.value === mode}
        onChange={() => view.write(mode)}
      />
      <span>{label}</span>
    </label>
  );
}

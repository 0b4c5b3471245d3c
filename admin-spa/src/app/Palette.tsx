import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { gettext } from '../../../widget/src/shared/gettext';
import { Icon } from '../ui/icons';
import { Dialog } from '../ui/layers';
import { Switch } from '../ui/pieces';
import { commandLabel, type Entry, keysOf, paletteEntries } from './commands';
import { useApp } from './context';
import type { Command } from './shortcuts';

/** The command palette: type a few letters, Enter. */
export function Palette() {
  const { paletteOpen } = useApp();
  return (
    <Dialog open={paletteOpen} title={gettext('Commands')} class="dialog-palette">
      <PaletteList />
    </Dialog>
  );
}

function PaletteList() {
  const app = useApp();
  const id = useId();
  const query = useSignal('');
  const at = useSignal(0);
  const input = useRef<HTMLInputElement>(null);
  const found = useComputed(() => {
    const words = query.value.trim().toLocaleLowerCase();
    return paletteEntries(app).filter((one) => one.label.toLocaleLowerCase().includes(words));
  });
  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    document.getElementById(`${id}-${at.value}`)?.scrollIntoView({ block: 'nearest' });
  }, [at.value]);

  function pick(entry: Entry | undefined): void {
    if (!entry) return;
    app.paletteOpen.value = false;
    // The dialog gives the focus back first; the command may want it elsewhere.
    requestAnimationFrame(entry.run);
  }
  function onKeyDown(event: KeyboardEvent): void {
    const count = found.value.length;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && count > 0) {
      event.preventDefault();
      at.value = (at.value + step + count) % count;
    } else if (event.key === 'Enter') {
      event.preventDefault();
      pick(found.value[at.value]);
    }
  }
  return (
    <>
      <input
        ref={input}
        class="input"
        type="text"
        role="combobox"
        aria-label={gettext('Find a command')}
        placeholder={gettext('Find a command')}
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={found.value.length > 0 ? `${id}-${at.value}` : undefined}
        autocomplete="off"
        value={query.value}
        onInput={(event) => {
          query.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <div id={id} role="listbox" aria-label={gettext('Commands')} class="palette-list">
        {found.value.map((entry, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, aria-activedescendant points here
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field handles the keys
          <div
            key={entry.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at.value}
            class="palette-item"
            onPointerMove={() => {
              at.value = index;
            }}
            onClick={() => pick(entry)}
          >
            {entry.label}
            {entry.keys && <kbd>{entry.keys}</kbd>}
          </div>
        ))}
      </div>
      {found.value.length === 0 && <p class="layer-empty">{gettext('No command is called that.')}</p>}
    </>
  );
}

const SHEET: readonly Command[] = [
  'next',
  'previous',
  'reply',
  'note',
  'claim',
  'call',
  'closeAndNext',
  'search',
  'palette',
  'sheet',
  'leave',
];

export function ShortcutSheet() {
  const { sheetOpen, prefs } = useApp();
  return (
    <Dialog open={sheetOpen} title={gettext('Keyboard shortcuts')}>
      <dl class="sheet">
        {SHEET.map((command) => (
          <div key={command}>
            <dt>{commandLabel(command)}</dt>
            <dd>
              <kbd>{keysOf(command)}</kbd>
            </dd>
          </div>
        ))}
      </dl>
      <p class="field-hint">
        <Icon name="keyboard" size={16} />{' '}
        {gettext('Letters count by their place on the keyboard, in every layout.')}
      </p>
      <Switch
        label={gettext('Single-key shortcuts')}
        on={prefs.singleKeys.value}
        onChange={(on) => {
          prefs.singleKeys.value = on;
        }}
      />
    </Dialog>
  );
}

// Short messages at the edge: spoken politely, gone after a while, and never the only place of an error in a form.
import { signal } from '@preact/signals';
import { gettext } from '../../../widget/src/shared/gettext';
import { Icon } from './icons';

interface Way {
  readonly label: string;
  run(): void;
}

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly bad: boolean;
  readonly way: Way | undefined;
}

const SHOWN_MS = 7_000;
const toasts = signal<readonly Toast[]>([]);
let count = 0;

/** Show a sentence for a while; `way` is what can be done about it, such as taking it back. */
export function say(text: string, bad = false, way?: Way): void {
  count += 1;
  const id = count;
  toasts.value = [...toasts.value.filter((one) => one.text !== text), { id, text, bad, way }].slice(-3);
  setTimeout(() => drop(id), SHOWN_MS);
}

function drop(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={toast.bad ? 'toast toast-bad' : 'toast'}>
          <Icon name={toast.bad ? 'warn' : 'check'} size={18} />
          <span>{toast.text}</span>
          {toast.way && (
            <button
              type="button"
              class="button button-small"
              onClick={() => {
                drop(toast.id);
                toast.way?.run();
              }}
            >
              {toast.way.label}
            </button>
          )}
          <button
            type="button"
            class="icon-button"
            aria-label={gettext('Close')}
            onClick={() => drop(toast.id)}
          >
            <Icon name="close" size={16} />
          </button>
        </div>
      ))}
    </div>
  );
}

// Short messages at the edge: spoken politely, and never the only place of an error in a form. They go after a while,
// but not while the pointer or the focus is on them: whoever reads slowly can still take something back.
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
const ends = new Map<number, ReturnType<typeof setTimeout>>();
let count = 0;

/** Show a sentence for a while; `way` is what can be done about it, such as taking it back. */
export function say(text: string, bad = false, way?: Way): void {
  count += 1;
  const id = count;
  toasts.value = [...toasts.value.filter((one) => one.text !== text), { id, text, bad, way }].slice(-3);
  release(id);
}

function hold(id: number): void {
  clearTimeout(ends.get(id));
}

function release(id: number): void {
  hold(id);
  ends.set(
    id,
    setTimeout(() => drop(id), SHOWN_MS),
  );
}

function drop(id: number): void {
  hold(id);
  ends.delete(id);
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div
          key={toast.id}
          class={toast.bad ? 'toast toast-bad' : 'toast'}
          onPointerEnter={() => hold(toast.id)}
          onPointerLeave={(e) => {
            if (!e.currentTarget.matches(':focus-within')) release(toast.id);
          }}
          onFocusIn={() => hold(toast.id)}
          onFocusOut={(e) => {
            if (!e.currentTarget.matches(':hover')) release(toast.id);
          }}
        >
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

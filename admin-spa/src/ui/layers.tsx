// Layers on the platform: <dialog> and popover give the top layer, inertness, Esc, light dismiss and the return of focus.
import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { gettext } from '../../../widget/src/shared/gettext';
import { Icon, type IconName } from './icons';

/** A modal dialog that follows `open` and writes to it when it is dismissed. */
const FIELDS = 'input, textarea, select';

export function Dialog(props: {
  open: Signal<boolean>;
  title: string;
  class?: string;
  children: ComponentChildren;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const { open } = props;
  useSignalEffect(() => {
    const dialog = ref.current;
    if (!dialog || open.value === dialog.open) return;
    if (open.value) dialog.showModal();
    else dialog.close();
  });
  return (
    <dialog
      ref={ref}
      class={`dialog ${props.class ?? ''}`}
      aria-labelledby={id}
      onClose={() => {
        open.value = false;
      }}
      onClick={(event) => {
        // A stray click beside it costs nobody what is written in it.
        if (event.target === ref.current && !ref.current?.querySelector(FIELDS)) open.value = false;
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      {open.value && (
        <div class="dialog-body">
          <header class="dialog-head">
            <h2 id={id}>{props.title}</h2>
            <button
              type="button"
              class="icon-button"
              aria-label={gettext('Close')}
              onClick={() => {
                open.value = false;
              }}
            >
              <Icon name="close" />
            </button>
          </header>
          {props.children}
        </div>
      )}
    </dialog>
  );
}

const GAP = 4;
const EDGE = 8;

/** Put a layer under (or over) its opener, inside the window; anchor positioning is not everywhere yet. */
export function place(layer: HTMLElement, opener: HTMLElement): void {
  const at = opener.getBoundingClientRect();
  layer.style.maxBlockSize = '';
  const { offsetWidth: width, offsetHeight: height } = layer;
  const rtl = getComputedStyle(opener).direction === 'rtl';
  // Where it does not fit on either side it takes the larger one and scrolls.
  const [over, under] = [at.top - GAP - EDGE, innerHeight - at.bottom - GAP - EDGE];
  const below = height <= under || under >= over;
  layer.style.maxBlockSize = `${below ? under : over}px`;
  const wanted = rtl === at.left > innerWidth / 2 ? at.left : at.right - width;
  const left = rtl || at.left + width <= innerWidth ? (rtl ? wanted : at.left) : at.right - width;
  layer.style.setProperty('left', `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`);
  const top = below ? at.bottom + GAP : Math.max(EDGE, at.top - GAP - height);
  layer.style.setProperty('top', `${top}px`);
}

export interface Layer {
  readonly open: Signal<boolean>;
  hide(): void;
}

interface PopoverProps {
  label: ComponentChildren;
  /** Name of the opener where its label is only a picture. */
  name?: string;
  title: string;
  class?: string;
  role?: 'dialog' | 'menu';
  disabled?: boolean;
  openerId?: string;
  onKeyDown?: (event: KeyboardEvent) => void;
  onOpen?: (layer: HTMLElement) => void;
  children: (layer: Layer) => ComponentChildren;
}

/** A button that opens an anchored layer. */
export function Popover(props: PopoverProps) {
  const id = useId();
  const open = useSignal(false);
  const opener = useRef<HTMLButtonElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const hide = () => layer.current?.hidePopover();
  const { role = 'dialog' } = props;
  return (
    <>
      <button
        type="button"
        id={props.openerId}
        ref={opener}
        class={props.class ?? 'button'}
        popovertarget={id}
        aria-haspopup={role}
        aria-expanded={open.value}
        aria-label={props.name}
        title={props.name}
        disabled={props.disabled}
      >
        {props.label}
      </button>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the role is a menu's or a dialog's */}
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles take a name */}
      <div
        id={id}
        ref={layer}
        popover="auto"
        role={role}
        aria-label={props.title}
        class={`layer layer-${role}`}
        onKeyDown={(event) => {
          event.stopPropagation();
          props.onKeyDown?.(event);
        }}
        onToggle={(event) => {
          open.value = event.newState === 'open';
          if (!open.value) return;
          requestAnimationFrame(() => {
            if (!layer.current || !opener.current) return;
            place(layer.current, opener.current);
            props.onOpen?.(layer.current);
          });
        }}
      >
        {open.value && props.children({ open, hide })}
      </div>
    </>
  );
}

export interface MenuItem {
  readonly label: string;
  readonly hint?: string;
  readonly icon?: IconName;
  readonly checked?: boolean;
  readonly disabled?: boolean;
  readonly onPick: () => void;
}

interface MenuProps {
  label: ComponentChildren;
  name?: string;
  title: string;
  class?: string;
  disabled?: boolean;
  openerId?: string;
  items: readonly (MenuItem | string)[];
  empty?: string;
}

/** A menu: arrows, Home, End and type-ahead; a plain string among the items is a heading. */
export function Menu({ items, empty, ...rest }: MenuProps) {
  return (
    <Popover
      {...rest}
      role="menu"
      onKeyDown={rove('[role^=menuitem]')}
      onOpen={(layer) => layer.querySelector<HTMLElement>('[role^=menuitem]')?.focus()}
    >
      {(layer) => (
        <>
          {items.length === 0 && empty && <p class="layer-empty">{empty}</p>}
          {items.map((item) =>
            typeof item === 'string' ? (
              <p key={item} class="layer-heading" role="presentation">
                {item}
              </p>
            ) : (
              // biome-ignore lint/a11y/useAriaPropsSupportedByRole: only a menuitemradio has aria-checked
              <button
                type="button"
                key={item.label}
                class="menu-item"
                tabIndex={-1}
                role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
                aria-checked={item.checked}
                aria-disabled={item.disabled}
                onClick={() => {
                  if (item.disabled) return;
                  layer.hide();
                  item.onPick();
                }}
              >
                {item.icon && <Icon name={item.icon} size={18} />}
                <span class="menu-label">
                  {item.label}
                  {item.hint && <small>{item.hint}</small>}
                </span>
                {item.checked && <Icon name="check" size={18} />}
              </button>
            ),
          )}
        </>
      )}
    </Popover>
  );
}

/** Move the focus among `selector` with arrows, Home, End and the first letter. */
export function rove(selector: string): (event: KeyboardEvent) => void {
  return (event) => {
    const box = event.currentTarget as HTMLElement;
    const all = [...box.querySelectorAll<HTMLElement>(selector)];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const letter =
      event.key.length === 1 && event.key !== ' ' && !event.metaKey && !event.ctrlKey && !event.altKey;
    const next =
      event.key === 'ArrowDown'
        ? all[(at + 1) % all.length]
        : event.key === 'ArrowUp'
          ? all[(at - 1 + all.length) % all.length]
          : event.key === 'Home'
            ? all[0]
            : event.key === 'End'
              ? all.at(-1)
              : letter
                ? [...all.slice(at + 1), ...all].find((one) => startsWith(one, event.key))
                : undefined;
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
}

function startsWith(element: HTMLElement, letter: string): boolean {
  return (element.textContent ?? '').trim().toLocaleLowerCase().startsWith(letter.toLocaleLowerCase());
}

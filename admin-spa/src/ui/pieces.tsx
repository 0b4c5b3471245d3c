// Small pieces that every screen uses. They draw; they know nothing.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { gettext } from '../../../widget/src/shared/gettext';
import { Icon, type IconName } from './icons';

interface AvatarProps {
  name: string;
  id: string;
  online?: boolean | undefined;
  /** Address of a picture; initials stand behind it until it is there, and where it is not. */
  photo?: string | null | undefined;
}

/** A round sign for a person or a visitor: the first letters, on a colour that depends on the id alone. */
export function Avatar({ name, id, online, photo }: AvatarProps) {
  let hash = 0;
  for (const char of id) hash = (hash * 31 + char.charCodeAt(0)) % 6;
  return (
    <span class={`avatar avatar-${hash}`} aria-hidden="true">
      {initials(name)}
      {photo && (
        <img
          key={photo}
          src={photo}
          alt=""
          onError={({ currentTarget }) => {
            currentTarget.hidden = true;
          }}
        />
      )}
      {online !== undefined && <i class={online ? 'dot dot-on' : 'dot'} />}
    </span>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const digits = /(\d{1,3})$/.exec(name)?.[1];
  if (digits) return digits;
  return words
    .slice(0, 2)
    .map((word) => word.charAt(0).toLocaleUpperCase())
    .join('');
}

/** An empty, refused or failed place: one picture, one sentence, one thing to do. */
export function Empty(props: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={props.icon} size={28} />
      </span>
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}

/** Grey bars where text will be. */
export function Skeleton({ rows = 4 }: { rows?: number }) {
  return (
    <div class="skeleton" role="status" aria-label={gettext('Loading')}>
      {Array.from({ length: rows }, (_, at) => (
        <div key={at} class="skeleton-row">
          <span class="skeleton-round" />
          <span class="skeleton-lines">
            <i />
            <i />
          </span>
        </div>
      ))}
    </div>
  );
}

export interface FieldProps {
  label: string;
  hint?: string | undefined;
  error?: string | null | undefined;
  class?: string;
  children: (ids: { id: string; describedBy: string | undefined; invalid: boolean }) => ComponentChildren;
}

/** A label, a control, a hint and an error that belong together for a reader too. */
export function Field({ label, hint, error, children, ...rest }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined;
  return (
    <div class={`field ${rest.class ?? ''}`}>
      <label for={id}>{label}</label>
      {children({ id, describedBy: described, invalid: Boolean(error) })}
      {hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="field-error" id={`${id}-error`}>
          <Icon name="warn" size={16} /> {error}
        </p>
      )}
    </div>
  );
}

export function Switch(props: {
  label: string;
  hint?: string;
  on: boolean;
  onChange: (on: boolean) => void;
}) {
  const id = useId();
  return (
    <div class="switch">
      <input
        type="checkbox"
        role="switch"
        aria-checked={props.on}
        id={id}
        checked={props.on}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <span>
        <label for={id}>{props.label}</label>
        {props.hint && (
          <p class="field-hint" id={`${id}-hint`}>
            {props.hint}
          </p>
        )}
      </span>
    </div>
  );
}

/** One of a few, all of them visible; radio buttons underneath. */
export function Choice<T extends string>(props: {
  legend: string;
  value: T;
  options: readonly { value: T; label: string; hint?: string }[];
  disabled?: boolean;
  onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset class="choice" disabled={props.disabled}>
      <legend>{props.legend}</legend>
      <div class="choice-options">
        {props.options.map((option) => (
          <label key={option.value} class="choice-option">
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={props.value === option.value}
              onChange={() => props.onChange(option.value)}
            />
            <span>
              {option.label}
              {option.hint && <small>{option.hint}</small>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

const URLS = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;

/** Text with its http(s) addresses as links; built of nodes, never of markup. */
export function Linked({ text }: { text: string }) {
  const parts: ComponentChildren[] = [];
  let from = 0;
  for (const found of text.matchAll(URLS)) {
    parts.push(text.slice(from, found.index), <SafeLink url={found[0]}>{found[0]}</SafeLink>);
    from = found.index + found[0].length;
  }
  parts.push(text.slice(from));
  return <>{parts}</>;
}

/** A link that leaves the console; an address that is not http(s) is only text. */
export function SafeLink({ url, children }: { url: string; children: ComponentChildren }) {
  if (!/^https?:\/\//i.test(url)) return <span>{children}</span>;
  return (
    <a href={url} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}

// Fields of the editors: a number that may be half written, a line of text, a choice. They show; they decide nothing.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Field } from './pieces';

interface InputProps<T> {
  label: string;
  hint?: string | undefined;
  error?: string | null | undefined;
  class?: string;
  value: T;
  onChange: (value: T) => void;
}

/** A whole number; anything else is NaN, which no contract takes. `empty` says that nothing means null. */
export function NumberInput(props: InputProps<number | null> & { unit?: string; empty?: string }) {
  const typed = useSignal('');
  const { value, empty, unit } = props;
  const shown = Object.is(parse(typed.value, empty), value)
    ? typed.value
    : value === null
      ? ''
      : String(value);
  return (
    <Field label={props.label} hint={props.hint} error={props.error} class={props.class ?? ''}>
      {({ id, describedBy, invalid }) => (
        <span class="with-unit">
          <input
            id={id}
            class="input input-number"
            inputMode="numeric"
            autocomplete="off"
            maxLength={12}
            placeholder={empty}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            value={shown}
            onInput={({ currentTarget }) => {
              typed.value = currentTarget.value;
              props.onChange(parse(currentTarget.value, empty));
            }}
          />
          {unit && <span>{unit}</span>}
        </span>
      )}
    </Field>
  );
}

function parse(text: string, empty: string | undefined): number | null {
  const plain = text.trim();
  if (plain === '') return empty === undefined ? Number.NaN : null;
  return /^\d+$/.test(plain) ? Number(plain) : Number.NaN;
}

export function TextInput(
  props: InputProps<string> & {
    placeholder?: string;
    maxLength?: number;
    list?: string;
    type?: 'text' | 'url';
    lang?: string;
  },
) {
  return (
    <Field label={props.label} hint={props.hint} error={props.error} class={props.class ?? ''}>
      {({ id, describedBy, invalid }) => (
        <input
          id={id}
          class="input"
          type={props.type ?? 'text'}
          dir="auto"
          lang={props.lang}
          autocomplete="off"
          list={props.list}
          maxLength={props.maxLength}
          placeholder={props.placeholder}
          aria-describedby={describedBy}
          aria-invalid={invalid}
          value={props.value}
          onInput={(event) => props.onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export function TextArea(props: InputProps<string> & { rows?: number; maxLength?: number; lang?: string }) {
  return (
    <Field label={props.label} hint={props.hint} error={props.error} class={props.class ?? ''}>
      {({ id, describedBy, invalid }) => (
        <textarea
          id={id}
          class="input"
          dir="auto"
          lang={props.lang}
          rows={props.rows ?? 3}
          maxLength={props.maxLength}
          aria-describedby={describedBy}
          aria-invalid={invalid}
          value={props.value}
          onInput={(event) => props.onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export function SelectInput<T extends string>(
  props: InputProps<T> & { options: readonly { value: T; label: string }[] },
) {
  return (
    <Field label={props.label} hint={props.hint} error={props.error} class={props.class ?? ''}>
      {({ id, describedBy, invalid }) => (
        <select
          id={id}
          class="select"
          aria-describedby={describedBy}
          aria-invalid={invalid}
          value={props.value}
          onChange={(event) => props.onChange(event.currentTarget.value as T)}
        >
          {props.options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** One of a few, all in sight, in one line; pressed buttons. */
export function Segments<T extends string>(props: {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would say the legend before every button
    <div class="segments" role="group" aria-label={props.label}>
      {props.options.map((option) => (
        <button
          type="button"
          key={option.value}
          aria-pressed={option.value === props.value}
          onClick={() => props.onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}

/** A panel with a heading and one sentence that says what it is for. */
export function Panel(props: { title: string; about?: string; class?: string; children: ComponentChildren }) {
  return (
    <section class={`panel ${props.class ?? ''}`}>
      <h2>{props.title}</h2>
      {props.about && <p class="muted">{props.about}</p>}
      {props.children}
    </section>
  );
}

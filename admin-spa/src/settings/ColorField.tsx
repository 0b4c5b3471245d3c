import { useId } from 'preact/hooks';
import { gettext } from '../../../widget/src/shared/gettext';
import { Icon } from '../ui/icons';
import { readability } from './appearance';

const COLORS = ['#2457d6', '#0e7490', '#0a7d5c', '#7a3ef0', '#be185d', '#b3261e', '#c2410c', '#1f2937'];

interface Props {
  value: string;
  error: string | null;
  onChange: (color: string) => void;
}

/** A colour: from a few, from the browser's picker, or as it stands in the guidelines; and how well it reads. */
export function ColorField({ value, error, onChange }: Props) {
  const id = useId();
  const read = readability(value);
  return (
    <div class="field">
      <label for={id}>{gettext('Accent colour')}</label>
      <div class="color">
        <input
          type="color"
          class="color-pick"
          aria-label={gettext('Choose a colour')}
          value={read ? value : '#000000'}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
        <input
          id={id}
          class="input color-text"
          maxLength={7}
          spellcheck={false}
          autocomplete="off"
          aria-describedby={`${id}-note`}
          aria-invalid={error !== null}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value.trim())}
        />
        <ul class="color-list" aria-label={gettext('Ready colours')}>
          {COLORS.map((color) => (
            <li key={color}>
              <button
                type="button"
                class="color-ready"
                aria-label={color}
                aria-pressed={color === value.toLowerCase()}
                style={{ background: color }}
                onClick={() => onChange(color)}
              />
            </li>
          ))}
        </ul>
      </div>
      <div id={`${id}-note`} aria-live="polite">
        {error ? (
          <p class="field-error">
            <Icon name="warn" size={16} /> {error}
          </p>
        ) : (
          read && (
            <p class={read.ratio < 4.5 ? 'field-hint color-poor' : 'field-hint'}>
              <span class="color-sample" style={{ background: value, color: read.on }} aria-hidden="true">
                Aa
              </span>
              {read.on === '#ffffff'
                ? gettext('Text on it is white, contrast {ratio}:1.', { ratio: read.ratio.toLocaleString() })
                : gettext('Text on it is dark, contrast {ratio}:1.', {
                    ratio: read.ratio.toLocaleString(),
                  })}{' '}
              {(read.light !== value.toLowerCase() || read.dark !== value.toLowerCase()) &&
                gettext(
                  'Where it is the colour of text, it is made darker or lighter so that it can be read.',
                )}
            </p>
          )
        )}
      </div>
    </div>
  );
}

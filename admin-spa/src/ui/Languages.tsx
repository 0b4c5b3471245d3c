import { currentLanguage, gettext } from '../../../widget/src/shared/gettext';
import { LOCALES } from '../app/catalogs';
import { Icon } from './icons';
import { Menu } from './layers';
import { nameOf } from './time';

interface Props {
  locales: readonly string[];
  shown: string;
  /** Whether something in this language has to be changed. */
  isWrong: (locale: string) => boolean;
  onShow: (locale: string) => void;
  onAdd: (locale: string) => void;
  /** Take the shown language away; only while there is another. */
  onRemove: () => void;
}

/** Texts are written one language at a time: which one is shown, one more, one less. */
export function Languages({ locales, shown, isWrong, onShow, onAdd, onRemove }: Props) {
  const missing = LOCALES.filter((one) => !locales.includes(one.tag));
  const name = (tag: string) => LOCALES.find((one) => one.tag === tag)?.name ?? nameOf('language', tag);
  return (
    <div class="languages">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would say the legend before every button */}
      <div class="segments" role="group" aria-label={gettext('Language of the texts')}>
        {locales.map((tag) => (
          <button
            type="button"
            key={tag}
            lang={LOCALES.some((one) => one.tag === tag) ? tag : currentLanguage()}
            aria-pressed={tag === shown}
            onClick={() => onShow(tag)}
          >
            {name(tag)}
            {isWrong(tag) && (
              <>
                <Icon name="warn" size={14} />
                <span class="sr-only">{gettext('has something to change')}</span>
              </>
            )}
          </button>
        ))}
      </div>
      {missing.length > 0 && (
        <Menu
          title={gettext('Add a language')}
          class="button button-small"
          label={
            <>
              <Icon name="plus" size={16} /> {gettext('Add a language')}
            </>
          }
          items={missing.map(({ tag, name }) => ({ label: name, onPick: () => onAdd(tag) }))}
        />
      )}
      {locales.length > 1 && (
        <button
          type="button"
          class="icon-button"
          aria-label={gettext('Remove: {what}', { what: name(shown) })}
          onClick={onRemove}
        >
          <Icon name="bin" size={18} />
        </button>
      )}
    </div>
  );
}

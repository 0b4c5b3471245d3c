import type { Signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { RuleContent, RuleText } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { LOCALES } from '../app/catalogs';
import type { Problems } from '../app/shape';
import { TextArea, TextInput } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { Menu } from '../ui/layers';
import { nameOf } from '../ui/time';
import { VARIABLES } from './check';
import { problemText } from './words';

interface Props {
  content: RuleContent;
  problems: Problems;
  /** The language that is edited and previewed. */
  locale: Signal<string>;
  onChange: (part: Partial<RuleContent>) => void;
}

/** The invitation's words, one language at a time. */
export function TextsEditor({ content, problems, locale, onChange }: Props) {
  const { texts } = content;
  const box = useRef<HTMLDivElement>(null);
  const found = texts.findIndex((one) => one.locale === locale.value);
  const at = found < 0 ? 0 : found;
  const text = texts[at];
  if (!text) return null;
  const set = (part: Partial<RuleText>) =>
    onChange({ texts: texts.map((one, place) => (place === at ? { ...one, ...part } : one)) });
  const bad = (place: number) => [...problems.keys()].some((path) => path.startsWith(`texts/${place}/`));
  const missing = LOCALES.filter((one) => !texts.some((other) => other.locale === one.tag));
  return (
    <div class="texts" ref={box}>
      <div class="texts-head">
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would say the legend before every button */}
        <div class="segments" role="group" aria-label={gettext('Language of the texts')}>
          {texts.map((one, place) => (
            <button
              type="button"
              key={one.locale}
              aria-pressed={place === at}
              onClick={() => {
                locale.value = one.locale;
              }}
            >
              {nameOf('language', one.locale)}
              {bad(place) && (
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
            items={missing.map(({ tag, name }) => ({
              label: name,
              onPick: () => {
                onChange({ texts: [...texts, { locale: tag, title: '', text: '', button: '' }] });
                locale.value = tag;
              },
            }))}
          />
        )}
        {texts.length > 1 && (
          <button
            type="button"
            class="icon-button"
            aria-label={gettext('Remove: {what}', { what: nameOf('language', text.locale) })}
            onClick={() => {
              const left = texts.filter((_, place) => place !== at);
              onChange({ texts: left });
              locale.value = left[0]?.locale ?? '';
            }}
          >
            <Icon name="bin" size={18} />
          </button>
        )}
      </div>
      <TextInput
        label={gettext('Title')}
        lang={text.locale}
        maxLength={120}
        value={text.title}
        error={problemText(problems, `texts/${at}/title`)}
        onChange={(title) => set({ title })}
      />
      <TextArea
        label={gettext('Text')}
        lang={text.locale}
        maxLength={600}
        hint={gettext('Say what the visitor gets: help with choosing, the terms, a price worked out.')}
        value={text.text}
        error={problemText(problems, `texts/${at}/text`)}
        onChange={(said) => set({ text: said })}
      />
      <Menu
        title={gettext('Variables')}
        class="button button-small"
        label={
          <>
            <Icon name="plus" size={16} /> {gettext('Put a variable into the text')}
          </>
        }
        items={VARIABLES.map((name) => ({
          label: variableText(name),
          hint: `{${name}|…}`,
          onPick: () => {
            const area = box.current?.querySelector('textarea');
            const from = area?.selectionStart ?? text.text.length;
            const put = `{${name}|${fallbackOf(name)}}`;
            set({ text: text.text.slice(0, from) + put + text.text.slice(area?.selectionEnd ?? from) });
            requestAnimationFrame(() => {
              area?.focus();
              area?.setSelectionRange(from + name.length + 2, from + put.length - 1);
            });
          },
        }))}
      />
      <TextInput
        label={gettext('Button')}
        lang={text.locale}
        maxLength={60}
        value={text.button}
        error={problemText(problems, `texts/${at}/button`)}
        onChange={(button) => set({ button })}
      />
    </div>
  );
}

function variableText(name: (typeof VARIABLES)[number]): string {
  switch (name) {
    case 'consultant':
      return gettext('Name of the consultant');
    case 'page':
      return gettext('Title of the page');
    case 'keyword':
      return gettext('What was searched for (utm_term)');
    case 'source':
      return gettext('Where the visitor came from (utm_source)');
    case 'medium':
      return gettext('Kind of source (utm_medium)');
    case 'campaign':
      return gettext('Advertising campaign (utm_campaign)');
  }
}

/** What stands in at first; it is selected, so that the first letter typed replaces it. */
function fallbackOf(name: (typeof VARIABLES)[number]): string {
  return name === 'consultant' ? gettext('our team') : gettext('our shop');
}

import type { Signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { RuleContent, RuleText } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import type { Problems } from '../app/shape';
import { TextArea, TextInput } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { Languages } from '../ui/Languages';
import { Menu } from '../ui/layers';
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
  const isWrong = (place: number) => [...problems.keys()].some((path) => path.startsWith(`texts/${place}/`));
  return (
    <div class="texts" ref={box}>
      <Languages
        locales={texts.map((one) => one.locale)}
        shown={text.locale}
        isWrong={(tag) => isWrong(texts.findIndex((one) => one.locale === tag))}
        onShow={(tag) => {
          locale.value = tag;
        }}
        onAdd={(tag) => {
          onChange({ texts: [...texts, { locale: tag, title: '', text: '', button: '' }] });
          locale.value = tag;
        }}
        onRemove={() => {
          const left = texts.filter((_, place) => place !== at);
          onChange({ texts: left });
          locale.value = left[0]?.locale ?? '';
        }}
      />
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

// What one condition asks for, with what is wrong beside each field.
import { useSignal } from '@preact/signals';
import type { RuleEventDatum, RuleUrl } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import type { Problems } from '../app/shape';
import { NumberInput, SelectInput, TextInput } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { nameOf } from '../ui/time';
import type { Leaf } from './tree';
import { problemText } from './words';

interface Props {
  leaf: Leaf;
  /** Where it stands, as the server names it. */
  place: string;
  problems: Problems;
  disabled: boolean;
  onChange: (leaf: Leaf) => void;
}

export function LeafFields({ leaf, place, problems, disabled, onChange }: Props) {
  const wrong = (field: string) => problemText(problems, `${place}/${field}`);
  const number = (value: number | null) => value ?? Number.NaN;
  const fields = () => {
    switch (leaf.kind) {
      case 'time':
        return (
          <NumberInput
            label={gettext('At least')}
            unit={gettext('seconds with the page in view')}
            value={leaf.atLeastS}
            error={wrong('atLeastS')}
            onChange={(value) => onChange({ ...leaf, atLeastS: number(value) })}
          />
        );
      case 'idle':
        return (
          <NumberInput
            label={gettext('For at least')}
            unit={gettext('seconds without a key, a pointer or a scroll')}
            value={leaf.atLeastS}
            error={wrong('atLeastS')}
            onChange={(value) => onChange({ ...leaf, atLeastS: number(value) })}
          />
        );
      case 'scroll':
        return (
          <NumberInput
            label={gettext('At least')}
            unit={gettext('% of the page')}
            value={leaf.atLeastPercent}
            error={wrong('atLeastPercent')}
            onChange={(value) => onChange({ ...leaf, atLeastPercent: number(value) })}
          />
        );
      case 'pages':
        return (
          <NumberInput
            label={gettext('At least')}
            unit={gettext('pages, this one included')}
            value={leaf.atLeast}
            error={wrong('atLeast')}
            onChange={(value) => onChange({ ...leaf, atLeast: number(value) })}
          />
        );
      case 'exit':
        return (
          <SelectInput
            label={gettext('Seen by')}
            value={leaf.device}
            options={[
              { value: 'any', label: gettext('Either of the two') },
              { value: 'desktop', label: gettext('The pointer leaves for the tabs') },
              { value: 'touch', label: gettext('A fast scroll up on a touch screen') },
            ]}
            onChange={(device) => onChange({ ...leaf, device })}
          />
        );
      case 'url':
      case 'referrer':
        return (
          <>
            <Compare op={leaf.op} onChange={(op) => onChange({ ...leaf, op })} />
            <TextInput
              label={gettext('Text')}
              class="grow"
              placeholder={leaf.kind === 'url' ? '/checkout' : 'google.'}
              maxLength={500}
              value={leaf.value}
              error={wrong('value')}
              onChange={(value) => onChange({ ...leaf, value })}
            />
          </>
        );
      case 'utm':
        return (
          <>
            <SelectInput
              label={gettext('Tag')}
              value={leaf.part}
              options={(['source', 'medium', 'campaign', 'term', 'content'] as const).map((value) => ({
                value,
                label: `utm_${value}`,
              }))}
              onChange={(part) => onChange({ ...leaf, part })}
            />
            <Compare op={leaf.op} onChange={(op) => onChange({ ...leaf, op })} />
            <TextInput
              label={gettext('Text')}
              class="grow"
              placeholder="cpc"
              maxLength={255}
              value={leaf.value}
              error={wrong('value')}
              onChange={(value) => onChange({ ...leaf, value })}
            />
          </>
        );
      case 'language': {
        const at = leaf.anyOf.findIndex((_, index) => wrong(`anyOf/${index}`));
        return (
          <Languages
            label={gettext('One of these languages')}
            class="grow"
            hint={
              leaf.anyOf.map((tag) => nameOf('language', tag)).join(', ') || gettext('For example: ro, ru')
            }
            value={leaf.anyOf}
            error={wrong('anyOf') ?? (at >= 0 ? wrong(`anyOf/${at}`) : null)}
            onChange={(anyOf) => onChange({ ...leaf, anyOf })}
          />
        );
      }
      case 'event':
        return (
          <>
            <TextInput
              label={gettext('Name of the event')}
              class="grow"
              placeholder="cart_add"
              maxLength={64}
              hint={gettext('The site tells it: {example}', { example: "ringback('event', 'cart_add')" })}
              value={leaf.name}
              error={wrong('name')}
              onChange={(name) => onChange({ ...leaf, name })}
            />
            <EventData
              data={leaf.data ?? []}
              place={place}
              problems={problems}
              disabled={disabled}
              onChange={(data) => onChange({ ...leaf, data: [...data] })}
            />
          </>
        );
      case 'returning':
        return <p class="muted">{gettext('In an earlier visit, known by this browser.')}</p>;
      case 'consultants':
        return <p class="muted">{gettext('Somebody is there and can answer right now.')}</p>;
      case 'hours':
        return <p class="muted">{gettext('As they are set for calls in the settings.')}</p>;
    }
  };
  return (
    <fieldset class="leaf-fields" disabled={disabled}>
      {fields()}
    </fieldset>
  );
}

function Compare({ op, onChange }: { op: RuleUrl['op']; onChange: (op: RuleUrl['op']) => void }) {
  return (
    <SelectInput
      label={gettext('How')}
      value={op}
      options={[
        { value: 'contains', label: gettext('contains') },
        { value: 'is', label: gettext('is') },
        { value: 'starts', label: gettext('starts with') },
        { value: 'ends', label: gettext('ends with') },
      ]}
      onChange={onChange}
    />
  );
}

function EventData(props: {
  data: readonly RuleEventDatum[];
  place: string;
  problems: Problems;
  disabled: boolean;
  onChange: (data: readonly RuleEventDatum[]) => void;
}) {
  const { data, onChange } = props;
  const set = (at: number, part: Partial<RuleEventDatum>) =>
    onChange(data.map((one, place) => (place === at ? { ...one, ...part } : one)));
  return (
    <div class="event-data">
      {data.map((datum, at) => (
        <div class="event-datum" key={at}>
          <TextInput
            label={gettext('Data')}
            placeholder="currency"
            maxLength={64}
            value={datum.name}
            error={problemText(props.problems, `${props.place}/data/${at}/name`)}
            onChange={(name) => set(at, { name })}
          />
          <TextInput
            label={gettext('equals')}
            placeholder="EUR"
            maxLength={200}
            value={String(datum.value)}
            error={problemText(props.problems, `${props.place}/data/${at}/value`)}
            onChange={(value) => set(at, { value: scalar(value) })}
          />
          <button
            type="button"
            class="icon-button"
            aria-label={gettext('Remove: {what}', { what: datum.name || gettext('Data') })}
            onClick={() => onChange(data.filter((_, place) => place !== at))}
          >
            <Icon name="close" size={18} />
          </button>
        </div>
      ))}
      {!props.disabled && data.length < 10 && (
        <button
          type="button"
          class="button button-small button-quiet"
          onClick={() => onChange([...data, { name: '', value: '' }])}
        >
          <Icon name="plus" size={16} /> {gettext('Only with certain data')}
        </button>
      )}
    </div>
  );
}

/** What a page would have sent: true and 3 are not texts. */
function scalar(text: string): RuleEventDatum['value'] {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}

/** "ro, ru" stands as it was typed, commas and all, as long as it means what the rule holds. */
function Languages({
  value,
  onChange,
  ...rest
}: {
  label: string;
  class: string;
  hint: string;
  error: string | null | undefined;
  value: readonly string[];
  onChange: (tags: string[]) => void;
}) {
  const typed = useSignal('');
  const isTyped = languages(typed.value).join() === value.join();
  return (
    <TextInput
      {...rest}
      value={isTyped ? typed.value : value.join(', ')}
      onChange={(text) => {
        typed.value = text;
        onChange(languages(text));
      }}
    />
  );
}

function languages(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

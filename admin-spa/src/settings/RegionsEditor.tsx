import { gettext } from '../../../widget/src/shared/gettext';
import { Icon } from '../ui/icons';
import { Field } from '../ui/pieces';
import { nameOf } from '../ui/time';
import { REGIONS } from './regions';

interface Props {
  regions: readonly string[];
  error: string | null;
  onChange: (regions: readonly string[]) => void;
}

/** Countries that may be called: chips to remove, a native select to add. */
export function RegionsEditor({ regions, error, onChange }: Props) {
  const named = (codes: readonly string[]) =>
    codes
      .map((code) => ({ code, name: nameOf('region', code) }))
      .sort((a, b) => a.name.localeCompare(b.name));
  return (
    <div class="regions">
      <Field label={gettext('Countries that can be called')} error={error}>
        {({ id, describedBy, invalid }) => (
          <select
            id={id}
            class="select"
            aria-describedby={describedBy}
            aria-invalid={invalid}
            value=""
            onChange={(event) => {
              if (event.currentTarget.value) onChange([...regions, event.currentTarget.value]);
              event.currentTarget.value = '';
            }}
          >
            <option value="">{gettext('Add a country')}</option>
            {named(REGIONS.filter((code) => !regions.includes(code))).map(({ code, name }) => (
              <option key={code} value={code}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <ul class="region-list">
        {named(regions).map(({ code, name }) => (
          <li key={code} class="region">
            {name}
            <button
              type="button"
              aria-label={gettext('Remove {name}', { name })}
              onClick={() => onChange(regions.filter((one) => one !== code))}
            >
              <Icon name="close" size={14} />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

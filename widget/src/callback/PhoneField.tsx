/** One field: the country, guessed and changeable, and the number in whatever way it is written. */
import { useMemo } from 'preact/hooks';
import type { App } from '../main';
import { currentLocale, gettext } from '../shared/gettext';
import { Icon } from '../shell/Icon';
import { countryOf } from './phone';

export function PhoneField({ app, id, error }: { app: App; id: string; error: boolean }) {
  const { phone, region, failure } = app.calls;
  const { countries } = app.launcher.config.site;
  const chosen = countries.find((c) => c.region === region.value);
  const options = useMemo(() => {
    const names = new Intl.DisplayNames(currentLocale(), { type: 'region' });
    return countries
      .map(({ region: value, code }) => ({ value, code, name: names.of(value) ?? value }))
      .sort((a, b) => a.name.localeCompare(b.name, currentLocale()));
  }, [countries]);

  return (
    <div class="field">
      <label for={`${id}-phone`}>{gettext('Your phone number')}</label>
      <div class={error ? 'phone invalid' : 'phone'} dir="ltr">
        <span class="country">
          <span aria-hidden="true">
            {region.value} +{chosen?.code}
            <Icon name="down" />
          </span>
          <select
            aria-label={gettext('Country')}
            value={region.value}
            onChange={(event) => {
              region.value = event.currentTarget.value;
              failure.value = null;
            }}
          >
            {options.map((o) => (
              <option key={o.value} value={o.value}>
                {o.name} +{o.code}
              </option>
            ))}
          </select>
        </span>
        <input
          id={`${id}-phone`}
          data-first
          type="tel"
          name="tel"
          autocomplete="tel"
          inputMode="tel"
          maxLength={64}
          placeholder={chosen?.example}
          aria-invalid={error}
          aria-describedby={`${id}-error`}
          value={phone.value}
          onInput={(event) => {
            phone.value = event.currentTarget.value;
            region.value = countryOf(phone.value, region.value, countries);
            failure.value = null;
          }}
        />
      </div>
    </div>
  );
}

/** One field: the country, guessed and changeable, and the number in whatever way it is written. */
import { batch } from '@preact/signals-core';
import type { VNode } from 'preact';
import type { PhoneCountry } from '../shared/contracts.gen';
import { currentLocale, gettext } from '../shared/gettext';
import { Icon } from '../shell/Icon';
import type { View } from '../shell/Panel';
import { countryOf } from './phone';

let drawn: VNode[] | undefined;

/** The countries by their names in the reader's language; worked out once, there may be 200. */
function options(countries: readonly PhoneCountry[]): VNode[] {
  const names = new Intl.DisplayNames(currentLocale(), { type: 'region' });
  drawn ??= countries
    .map(({ region, code }) => ({ region, text: `${names.of(region)} +${code}` }))
    .sort((a, b) => a.text.localeCompare(b.text, currentLocale()))
    .map(({ region, text }) => (
      <option key={region} value={region}>
        {text}
      </option>
    ));
  return drawn;
}

interface PhoneFieldProps {
  view: View;
  isWrong: boolean;
  /** Id of what says why. */
  describedBy: string;
}

export function PhoneField({ view, isWrong, describedBy }: PhoneFieldProps) {
  const { phone, region, failure } = view.calls;
  const { countries } = view.site.value;
  const chosen = countries.find((c) => c.region === region.value);
  return (
    <div class="field">
      <label for="phone">{gettext('Your phone number')}</label>
      <div class={isWrong ? 'phone invalid' : 'phone'} dir="ltr">
        <span class="country">
          <span aria-hidden="true">
            {region.value} +{chosen?.code}
          </span>
          <Icon name="down" />
          <select
            aria-label={gettext('Country')}
            value={region.value}
            onChange={(event) => {
              region.value = event.currentTarget.value;
              failure.value = null;
            }}
          >
            {options(countries)}
          </select>
        </span>
        <input
          id="phone"
          data-first
          type="tel"
          name="tel"
          autocomplete="tel"
          maxLength={64}
          placeholder={chosen?.example}
          aria-invalid={isWrong}
          aria-describedby={describedBy}
          value={phone.value}
          onInput={(event) =>
            batch(() => {
              phone.value = event.currentTarget.value;
              region.value = countryOf(phone.value, region.value, countries);
              failure.value = null;
            })
          }
        />
      </div>
    </div>
  );
}

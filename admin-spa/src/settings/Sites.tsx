import { type Signal, useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { SiteCreate, SiteSummary, WidgetLocale } from '../../../widget/src/shared/contracts.gen';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { LOCALES } from '../app/catalogs';
import { useApp } from '../app/context';
import { hashOf } from '../app/route';
import { chooseSite, Failed, useSites } from '../app/site';
import { SelectInput, TextInput } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { Dialog } from '../ui/layers';
import { Empty, Skeleton } from '../ui/pieces';
import { nameOf } from '../ui/time';
import { say } from '../ui/toasts';
import { REGIONS } from './regions';
import { originOf } from './snippet';

/** The websites of the account: what each is called, where it lives, and the way to its settings. */
export function Sites() {
  const { console } = useApp();
  const { sites, failure, reload } = useSites();
  const adding = useSignal(false);
  const isAdmin = console.me.value.role === 'admin';
  if (failure) return <Failed failure={failure} again={() => void reload()} />;
  if (!sites) return <Skeleton rows={4} />;
  const add = isAdmin && (
    <button
      type="button"
      class="button button-primary"
      onClick={() => {
        adding.value = true;
      }}
    >
      <Icon name="plus" size={18} /> {gettext('Add a site')}
    </button>
  );
  return (
    <>
      <header class="sites-head">
        <p class="muted">
          {gettext('Each website has its own widget: its look, its words, its hours, its rules and surveys.')}
        </p>
        {sites.length > 0 && add}
      </header>
      {sites.length === 0 && (
        <Empty icon="globe" title={gettext('There is no site yet')}>
          <p>
            {isAdmin
              ? gettext(
                  'Add the website on which visitors are to reach you; you get a line to put into its pages.',
                )
              : gettext('An administrator can add one.')}
          </p>
          {add}
        </Empty>
      )}
      {sites.map((site) => (
        <SiteCard key={site.id} site={site} />
      ))}
      <Dialog open={adding} title={gettext('Add a site')}>
        <NewSite open={adding} reload={reload} />
      </Dialog>
    </>
  );
}

function SiteCard({ site }: { site: SiteSummary }) {
  const to = [
    ['appearance', gettext('Appearance')],
    ['calling', gettext('Calling')],
    ['install', gettext('Install')],
  ] as const;
  return (
    <section class="panel" aria-label={site.name}>
      <h2 dir="auto">{site.name}</h2>
      {site.origins.length > 0 ? (
        <ul class="site-origins">
          {site.origins.map((origin) => (
            <li key={origin}>
              <code>{origin}</code>
            </li>
          ))}
        </ul>
      ) : (
        <p class="muted">{gettext('No address may use its widget yet.')}</p>
      )}
      <div class="buttons">
        {to.map(([section, label]) => (
          <a
            key={section}
            class="button button-small"
            href={hashOf('settings', section)}
            onClick={() => chooseSite(site.id)}
          >
            {label}
          </a>
        ))}
      </div>
    </section>
  );
}

function NewSite({ open, reload }: { open: Signal<boolean>; reload: () => Promise<void> }) {
  const { api, go } = useApp();
  const name = useSignal('');
  const address = useSignal('');
  const locale = useSignal<WidgetLocale>('en');
  const country = useSignal('');
  const failure = useSignal<AskError | null>(null);
  const busy = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  /** What is missing is said after a try, not before. */
  const strict = useSignal(false);
  const origin = originOf(address.value);
  const problems = {
    name: name.value.trim() ? null : gettext('Fill this in.'),
    address: origin ? null : gettext('Write it as https://shop.example, without a path.'),
    country: country.value ? null : gettext('Choose one.'),
  };
  const told = (field: keyof typeof problems) => (strict.value ? problems[field] : null);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    strict.value = true;
    if (busy.value) return;
    if (!origin || Object.values(problems).some((one) => one !== null)) {
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
      return;
    }
    busy.value = true;
    failure.value = null;
    const body: SiteCreate = {
      name: name.value.trim(),
      origins: [origin],
      defaultLocale: locale.value,
      country: country.value,
    };
    try {
      const site = (await api.call('POST', '/sites', body)) as SiteSummary;
      await reload();
      chooseSite(site.id);
      open.value = false;
      say(gettext('Added. Put its line into the pages now.'));
      go('settings', 'install');
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
    busy.value = false;
  }
  return (
    <form ref={form} class="site-form" onSubmit={submit} noValidate>
      <TextInput
        label={gettext('Name')}
        hint={gettext('Visitors see it at the head of the widget.')}
        maxLength={120}
        value={name.value}
        error={told('name')}
        onChange={(text) => {
          name.value = text;
        }}
      />
      <TextInput
        label={gettext('Address')}
        hint={gettext('Only its pages can use the widget; more addresses can be added later.')}
        type="url"
        maxLength={255}
        placeholder="https://shop.example"
        value={address.value}
        error={told('address')}
        onChange={(text) => {
          address.value = text;
        }}
      />
      <SelectInput
        label={gettext('Default language')}
        value={locale.value}
        options={LOCALES.map(({ tag, name }) => ({ value: tag, label: name }))}
        onChange={(tag) => {
          locale.value = tag;
        }}
      />
      <SelectInput
        label={gettext('Country')}
        hint={gettext('Where the phone field starts, and the first country that can be called.')}
        value={country.value}
        error={told('country')}
        options={[
          { value: '', label: '…' },
          ...REGIONS.map((code) => ({ value: code, label: nameOf('region', code) })).sort((a, b) =>
            a.label.localeCompare(b.label),
          ),
        ]}
        onChange={(code) => {
          country.value = code;
        }}
      />
      {failure.value && (
        <p class="field-error" role="alert">
          <Icon name="warn" size={16} /> {errorText(failure.value)}
        </p>
      )}
      <div class="buttons">
        <button type="submit" class="button button-primary" disabled={busy.value}>
          {gettext('Add a site')}
        </button>
      </div>
    </form>
  );
}

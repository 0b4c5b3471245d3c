import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { SiteSummary } from '../../../widget/src/shared/contracts.gen';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { hashOf } from '../app/route';
import { Icon, type IconName } from '../ui/icons';
import { Later } from '../ui/Later';
import { Empty, Field, Skeleton } from '../ui/pieces';
import { Blocked } from './Blocked';
import { CallingSettingsForm } from './CallingSettingsForm';
import { Hours } from './Hours';
import { Install } from './Install';
import { Mine } from './Mine';

const SITE_SECTIONS = ['hours', 'calling', 'install'] as const;
type SiteSection = (typeof SITE_SECTIONS)[number];
type Section = 'me' | 'people' | 'blocked' | 'changes' | SiteSection;

const people = () => import('../people/PeopleScreen').then((part) => part.PeopleScreen);

const changes = () => import('../changes/ChangesScreen').then((part) => part.ChangesScreen);

const isOfSite = (section: Section): section is SiteSection =>
  (SITE_SECTIONS as readonly Section[]).includes(section);

export function SettingsScreen() {
  const { route, console } = useApp();
  const { id } = route.value;
  const sections: { id: Section; icon: IconName; label: string }[] = [
    { id: 'me', icon: 'bell', label: gettext('My console') },
    { id: 'hours', icon: 'clock', label: gettext('Hours') },
    { id: 'calling', icon: 'phone', label: gettext('Calling') },
    { id: 'people', icon: 'people', label: gettext('People') },
    { id: 'blocked', icon: 'ban', label: gettext('Blocked') },
    { id: 'install', icon: 'code', label: gettext('Install') },
    ...(console.me.value.role === 'admin'
      ? [{ id: 'changes' as const, icon: 'note' as const, label: gettext('Changes') }]
      : []),
  ];
  const section = sections.find((one) => one.id === id)?.id ?? 'me';
  const nav = useRef<HTMLElement>(null);
  // On a phone the sections are a strip that scrolls: the current one is in sight.
  useEffect(
    () =>
      nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' }),
    [section],
  );
  return (
    <div class="settings">
      <nav class="settings-nav" ref={nav} aria-label={gettext('Settings')}>
        <p class="title" aria-hidden="true">
          {gettext('Settings')}
        </p>
        <ul>
          {sections.map((one) => (
            <li key={one.id}>
              <a
                class="rail-item"
                href={hashOf('settings', one.id)}
                aria-current={one.id === section ? 'page' : undefined}
              >
                <Icon name={one.icon} size={18} />
                {one.label}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keys */}
      <section class="settings-scroll" key={section} tabIndex={0} aria-label={gettext('Settings')}>
        <div class="settings-page">
          {section === 'me' && <Mine />}
          {section === 'people' && <Later load={people} />}
          {section === 'changes' && <Later load={changes} />}
          {section === 'blocked' && <Blocked />}
          {isOfSite(section) && <OfSite section={section} />}
        </div>
      </section>
    </div>
  );
}

/** Settings that belong to a site: choose one if there are several. */
function OfSite({ section }: { section: SiteSection }) {
  const { api } = useApp();
  const sites = useSignal<readonly SiteSummary[] | null>(null);
  const siteId = useSignal<string | null>(null);
  const failure = useSignal<AskError | null>(null);

  async function load(): Promise<void> {
    failure.value = null;
    try {
      sites.value = await api.sites();
      siteId.value ??= sites.value[0]?.id ?? null;
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
  }
  useEffect(() => void load(), []);

  const site = sites.value?.find((one) => one.id === siteId.value);
  if (failure.value) return <Refused failure={failure.value} again={load} />;
  if (!sites.value) return <Skeleton rows={4} />;
  if (!site) return <Empty icon="globe" title={gettext('There is no site yet')} />;
  return (
    <>
      {sites.value.length > 1 && (
        <Field label={gettext('Site')}>
          {({ id }) => (
            <select
              id={id}
              class="select"
              value={site.id}
              onChange={(event) => {
                siteId.value = event.currentTarget.value;
              }}
            >
              {sites.value?.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      {section === 'hours' && <Hours key={site.id} site={site} />}
      {section === 'calling' && <CallingSettingsForm key={site.id} site={site} />}
      {section === 'install' && <Install key={site.id} site={site} onSaved={load} />}
    </>
  );
}

export function Refused({ failure, again }: { failure: AskError; again: () => Promise<void> }) {
  return (
    <Empty icon={failure.code === 'forbidden' ? 'info' : 'offline'} title={gettext('This cannot be shown')}>
      <p>{errorText(failure)}</p>
      {failure.retry && (
        <button type="button" class="button" onClick={() => void again()}>
          {gettext('Try again')}
        </button>
      )}
    </Empty>
  );
}

import { useEffect, useRef } from 'preact/hooks';
import type { SiteSummary } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { hashOf } from '../app/route';
import { OneSite } from '../app/site';
import { useTitle } from '../app/title';
import { Icon, type IconName } from '../ui/icons';
import { Later } from '../ui/Later';
import { Blocked } from './Blocked';
import { CallingSettingsForm } from './CallingSettingsForm';
import { Hours } from './Hours';
import { Install } from './Install';
import { Mine } from './Mine';
import { Sites } from './Sites';

const SITE_SECTIONS = ['appearance', 'hours', 'calling', 'install'] as const;
type SiteSection = (typeof SITE_SECTIONS)[number];
type Section = 'me' | 'sites' | 'people' | 'departments' | 'blocked' | 'data' | 'changes' | SiteSection;

const people = () => import('../people/PeopleScreen').then((part) => part.PeopleScreen);

const departments = () => import('../departments/DepartmentsScreen').then((part) => part.DepartmentsScreen);

const changes = () => import('../changes/ChangesScreen').then((part) => part.ChangesScreen);

const data = () => import('../privacy/RetentionForm').then((part) => part.RetentionForm);

const appearance = () => import('./AppearanceForm').then((part) => part.AppearanceForm);

const isOfSite = (section: Section): section is SiteSection =>
  (SITE_SECTIONS as readonly Section[]).includes(section);

interface Entry {
  readonly id: Section;
  readonly icon: IconName;
  readonly label: string;
}

export function SettingsScreen() {
  const { route, console } = useApp();
  const { id } = route.value;
  const mine: Entry = { id: 'me', icon: 'bell', label: gettext('My console') };
  const sections: Entry[] = [
    mine,
    { id: 'sites', icon: 'globe', label: gettext('Sites') },
    { id: 'appearance', icon: 'sun', label: gettext('Appearance') },
    { id: 'hours', icon: 'clock', label: gettext('Hours') },
    { id: 'calling', icon: 'phone', label: gettext('Calling') },
    { id: 'people', icon: 'people', label: gettext('People') },
    { id: 'departments', icon: 'transfer', label: gettext('Departments') },
    { id: 'blocked', icon: 'ban', label: gettext('Blocked') },
    { id: 'install', icon: 'code', label: gettext('Install') },
    ...(console.me.value.role === 'admin'
      ? [
          { id: 'data' as const, icon: 'lock' as const, label: gettext('Data') },
          { id: 'changes' as const, icon: 'note' as const, label: gettext('Changes') },
        ]
      : []),
  ];
  const current = sections.find((one) => one.id === id) ?? mine;
  const section = current.id;
  useTitle(`${current.label} · ${gettext('Settings')}`);
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
        <div class={section === 'appearance' ? 'settings-page settings-wide' : 'settings-page'}>
          {section === 'me' && <Mine />}
          {section === 'sites' && <Sites />}
          {section === 'people' && <Later load={people} />}
          {section === 'departments' && <Later load={departments} />}
          {section === 'data' && <Later load={data} />}
          {section === 'changes' && <Later load={changes} />}
          {section === 'blocked' && <Blocked />}
          {isOfSite(section) && (
            <OneSite>{(site, reload) => <OfSite section={section} site={site} reload={reload} />}</OneSite>
          )}
        </div>
      </section>
    </div>
  );
}

/** Settings that belong to a site; those of another one begin anew. */
function OfSite(props: { section: SiteSection; site: SiteSummary; reload: () => Promise<void> }) {
  const { site } = props;
  switch (props.section) {
    case 'appearance':
      return <Later key={site.id} load={appearance} site={site} />;
    case 'hours':
      return <Hours key={site.id} site={site} />;
    case 'calling':
      return <CallingSettingsForm key={site.id} site={site} />;
    case 'install':
      return <Install key={site.id} site={site} onSaved={props.reload} />;
  }
}

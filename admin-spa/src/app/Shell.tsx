import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { gettext, ngettext } from '../../../widget/src/shared/gettext';
import { CallsScreen } from '../calls/CallsScreen';
import { InboxScreen } from '../inbox/InboxScreen';
import { SettingsScreen } from '../settings/SettingsScreen';
import { Confirm } from '../ui/Confirm';
import { Icon, type IconName } from '../ui/icons';
import { Later } from '../ui/Later';
import { Dialog, Menu } from '../ui/layers';
import { Avatar } from '../ui/pieces';
import { Toasts } from '../ui/toasts';
import { VisitorsScreen } from '../visitors/VisitorsScreen';
import { attempt, runCommand } from './commands';
import { useApp } from './context';
import { Palette, ShortcutSheet } from './Palette';
import type { Screen } from './route';
import { hashOf } from './route';
import { commandOf } from './shortcuts';
import { useTitle } from './title';
import { leave, wanted } from './unsaved';

const campaigns = () => import('../triggers/CampaignsScreen').then((part) => part.CampaignsScreen);

const surveys = () => import('../surveys/SurveysScreen').then((part) => part.SurveysScreen);

const reports = () => import('../reports/ReportsScreen').then((part) => part.ReportsScreen);

export function Shell() {
  const app = useApp();
  const { route } = app;
  const main = useRef<HTMLElement>(null);
  const { screen } = route.value;
  useKeys();
  useEffect(() => app.speaker.probe(), [app]);

  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        {gettext('Skip to the content')}
      </button>
      <Rail />
      <div class="shell-main">
        <Banners />
        <main ref={main} tabIndex={-1}>
          <h1 class="sr-only">{screenText(screen)}</h1>
          {screen !== 'settings' && <Titled text={screenText(screen)} />}
          {screen === 'inbox' && <InboxScreen />}
          {screen === 'calls' && <CallsScreen />}
          {screen === 'visitors' && <VisitorsScreen />}
          {screen === 'campaigns' && <Later load={campaigns} />}
          {screen === 'surveys' && <Later load={surveys} />}
          {screen === 'reports' && <Later load={reports} />}
          {screen === 'settings' && <SettingsScreen />}
        </main>
      </div>
      <Palette />
      <ShortcutSheet />
      <Leaving />
      <Toasts />
    </div>
  );
}

/** Somebody goes away from a form with changes that are not saved. */
function Leaving() {
  const open = useSignal(false);
  useSignalEffect(() => {
    open.value = wanted.value !== null;
  });
  useSignalEffect(() => {
    if (!open.value) wanted.value = null;
  });
  return (
    <Dialog open={open} title={gettext('Leave without saving?')}>
      <Confirm
        text={gettext('What you changed here is not saved yet.')}
        yes={gettext('Leave without saving')}
        no={gettext('Stay here')}
        onYes={leave}
        onNo={() => {
          open.value = false;
        }}
      />
    </Dialog>
  );
}

/** Settings name their section themselves. */
function Titled({ text }: { text: string }) {
  useTitle(text);
  return null;
}

function screenText(screen: Screen): string {
  switch (screen) {
    case 'inbox':
      return gettext('Inbox');
    case 'calls':
      return gettext('Calls');
    case 'visitors':
      return gettext('Visitors');
    case 'campaigns':
      return gettext('Campaigns');
    case 'surveys':
      return gettext('Surveys');
    case 'reports':
      return gettext('Reports');
    case 'settings':
      return gettext('Settings');
  }
}

function useKeys(): void {
  const app = useApp();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const target = event.target instanceof HTMLElement ? event.target : null;
      const typing = Boolean(target?.closest('input, textarea, select, [contenteditable]'));
      const { code, key, ctrlKey: ctrl, metaKey: meta, altKey: alt, shiftKey: shift } = event;
      const command = commandOf({ code, key, ctrl, meta, alt, shift }, typing, app.prefs.singleKeys.value);
      if (command && runCommand(app, command)) event.preventDefault();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [app]);
}

const MARKETING: readonly { screen: Screen; icon: IconName }[] = [
  { screen: 'campaigns', icon: 'megaphone' },
  { screen: 'surveys', icon: 'question' },
  { screen: 'reports', icon: 'chart' },
];

function Rail() {
  const app = useApp();
  const { console } = app;
  const unread = console.unread.value;
  const calls = console.freshLeads.value.size;
  const visitors = console.visitors.value.size;
  // Who only answers visitors has no use for these; the server lets them read, not change.
  const marketing = console.me.value.role === 'consultant' ? [] : MARKETING;
  const items: {
    screen: Screen;
    icon: IconName;
    label: string;
    count: number;
    loud: boolean;
    spoken: string;
  }[] = [
    {
      screen: 'inbox',
      icon: 'inbox',
      label: screenText('inbox'),
      count: unread,
      loud: true,
      spoken: ngettext('{n} unread message', '{n} unread messages', unread),
    },
    {
      screen: 'calls',
      icon: 'phone',
      label: screenText('calls'),
      count: calls,
      loud: true,
      spoken: ngettext('{n} new call', '{n} new calls', calls),
    },
    {
      screen: 'visitors',
      icon: 'people',
      label: screenText('visitors'),
      count: visitors,
      loud: false,
      spoken: ngettext('{n} on the site now', '{n} on the site now', visitors),
    },
    ...marketing.map(({ screen, icon }) => ({
      screen,
      icon,
      label: screenText(screen),
      count: 0,
      loud: false,
      spoken: '',
    })),
    {
      screen: 'settings',
      icon: 'settings',
      label: screenText('settings'),
      count: 0,
      loud: false,
      spoken: '',
    },
  ];
  return (
    <header class="rail">
      <div class="brand">
        <span class="brand-mark">
          <Icon name="phone" size={18} />
        </span>
        <span class="rail-label">Ringback</span>
      </div>
      <nav aria-label={gettext('Screens')}>
        <ul>
          {items.map((item) => (
            <li key={item.screen}>
              <a
                class="rail-item"
                href={hashOf(item.screen)}
                aria-current={app.route.value.screen === item.screen ? 'page' : undefined}
              >
                <Icon name={item.icon} />
                <span class="rail-label">{item.label}</span>
                {item.count > 0 && (
                  <span class={item.loud ? 'rail-count rail-count-loud' : 'rail-count'}>
                    <span aria-hidden="true">{item.count > 99 ? '99+' : item.count}</span>
                    <span class="sr-only">{item.spoken}</span>
                  </span>
                )}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <Profile />
    </header>
  );
}

function Profile() {
  const app = useApp();
  const { console, prefs } = app;
  const me = console.me.value;
  const away = me.status === 'away';
  const set = (status: typeof me.status) => () => attempt(() => console.setPresence(status));
  return (
    <div class="profile">
      <Menu
        title={gettext('You')}
        class="profile-button"
        label={
          <>
            <Avatar name={me.name} id={me.id} online={!away} photo={me.photoUrl} />
            <span class="rail-label profile-who">
              <strong>{me.name}</strong>
              <small class={away ? 'status status-away' : 'status'}>
                {away ? gettext('Away') : gettext('Available')}
              </small>
            </span>
          </>
        }
        items={[
          gettext('Chats and calls'),
          {
            label: gettext('Available'),
            hint: gettext('New chats and calls come to you'),
            checked: !away,
            onPick: set('available'),
          },
          {
            label: gettext('Away'),
            hint: gettext('No sound, no calls; your conversations stay yours'),
            checked: away,
            onPick: set('away'),
          },
          gettext('This browser'),
          {
            label: prefs.sound.value ? gettext('Turn sound off') : gettext('Turn sound on'),
            icon: prefs.sound.value ? 'mute' : 'sound',
            onPick: () => {
              prefs.sound.value = !prefs.sound.value;
            },
          },
          {
            label: gettext('Keyboard shortcuts'),
            icon: 'keyboard',
            onPick: () => {
              app.sheetOpen.value = true;
            },
          },
          { label: gettext('Settings'), icon: 'settings', onPick: () => app.go('settings') },
          { label: gettext('Sign out'), icon: 'exit', onPick: () => attempt(() => app.session.signOut()) },
        ]}
      />
    </div>
  );
}

/** What a person has to know before anything else: no connection, a muted browser, somebody waiting. */
function Banners() {
  const app = useApp();
  const { console, prefs, speaker } = app;
  const { link, desk, unseen } = console;
  const held = desk.pending.value.filter((one) => one.refusal === null).length;
  const locked = prefs.sound.value && !speaker.unlocked.value;
  const waiting = unseen.value.length;
  return (
    <div class="banners">
      {link.state.value === 'offline' && (
        <div class="banner banner-bad" role="status">
          <Icon name="offline" size={18} />
          <p>
            <strong>{gettext('No connection.')}</strong>{' '}
            {held > 0
              ? ngettext(
                  '{n} message waits here and is sent as soon as you are online again.',
                  '{n} messages wait here and are sent as soon as you are online again.',
                  held,
                )
              : gettext('You can go on writing; it is sent as soon as you are online again.')}
          </p>
        </div>
      )}
      {waiting > 0 && (
        <div class="banner banner-warn" role="status">
          <Icon name="bell" size={18} />
          <p>{ngettext('{n} visitor is waiting', '{n} visitors are waiting', waiting)}</p>
          <a class="button button-small" href={hashOf('inbox', unseen.value[0]?.id ?? null)}>
            {gettext('Open')}
          </a>
          <button
            type="button"
            class="button button-small button-quiet"
            onClick={() => console.acknowledgeAll()}
          >
            {gettext('Got it')}
          </button>
        </div>
      )}
      {locked && (
        <div class="banner" role="status">
          <Icon name="mute" size={18} />
          <p>{gettext('This browser keeps silent until you click once.')}</p>
          <button
            type="button"
            class="button button-small"
            onClick={() => void speaker.unlock().then(() => speaker.play('message'))}
          >
            {gettext('Test the sound')}
          </button>
        </div>
      )}
    </div>
  );
}

// The composition root: real clock, real socket, real storage. Nothing else in the console reaches for them.
import { computed, effect, signal, useSignalEffect } from '@preact/signals';
import { render } from 'preact';
import { useState } from 'preact/hooks';
import { errorText } from '../../widget/src/shared/errors';
import { gettext } from '../../widget/src/shared/gettext';
import { httpApi } from './app/api';
import { showUnread } from './app/badge';
import { preferredLocale, useLocale } from './app/catalogs';
import { openConsole } from './app/console';
import { type App, AppContext } from './app/context';
import { socketLink } from './app/link';
import { showNotice } from './app/notices';
import { openPrefs } from './app/prefs';
import { hashOf, parseRoute } from './app/route';
import { Shell } from './app/Shell';
import { SignIn } from './app/SignIn';
import { openSession } from './app/session';
import { webSpeaker } from './app/sound';
import { shown, titleText } from './app/title';
import { holds } from './app/unsaved';
import { visitorName } from './app/words';
import { sessionOutbox } from './inbox/outbox';
import { openInboxView } from './inbox/view';
import { Empty } from './ui/pieces';
import { say } from './ui/toasts';
import './ui/styles.css';

const TICK_MS = 5_000;

const api = httpApi();
const prefs = openPrefs(preferredLocale());
const speaker = webSpeaker();
const route = signal(parseRoute(location.hash));
const nowMs = signal(Date.now());
const attention = signal(attended());
/** The language that is loaded; drawing waits for it and starts anew when it changes. */
const shownLocale = signal('');

function attended(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}

const session = openSession(api, (person) => {
  const console = openConsole({
    link: socketLink(),
    person,
    attention,
    outbox: sessionOutbox(person.id),
    now: () => Date.now(),
    newId: () => crypto.randomUUID(),
    later: (run, inMs) => void setTimeout(run, inMs),
    ring: (tone) => {
      if (prefs.sound.value) speaker.play(tone);
    },
    handed: ({ id, visitor }) =>
      say(gettext('{name} was handed over to you.', { name: visitorName(visitor) }), false, {
        label: gettext('Open'),
        run: () => {
          location.hash = hashOf('inbox', id);
        },
      }),
    notify: (alert) => {
      if (!prefs.desktop.value) return;
      const conversation = alert.conversationId && console.desk.inbox.value.get(alert.conversationId);
      const lead = alert.callbackId && console.leads.value.get(alert.callbackId);
      showNotice(alert, conversation ? visitorName(conversation.visitor) : lead ? lead.phone : '');
    },
  });
  return console;
});

addEventListener('hashchange', () => {
  const { screen, id } = route.peek();
  const here = hashOf(screen, id);
  if (location.hash !== here && holds(location.hash)) history.replaceState(null, '', here);
  else route.value = parseRoute(location.hash);
});
for (const event of ['focus', 'blur', 'visibilitychange', 'pageshow']) {
  addEventListener(event, () => {
    attention.value = attended();
    nowMs.value = Date.now();
  });
}
setInterval(() => {
  nowMs.value = Date.now();
}, TICK_MS);
const dark = matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(dark.matches);
dark.addEventListener('change', () => {
  systemIsDark.value = dark.matches;
});
effect(() => {
  const system = systemIsDark.value ? 'dark' : 'light';
  document.documentElement.dataset.theme = prefs.theme.value === 'system' ? system : prefs.theme.value;
});
const unread = computed(() => session.console.value?.unread.value ?? 0);
effect(() => showUnread(unread.value));
effect(() => {
  document.title = titleText(shown.value, unread.value);
});
/** Leaving with unsent messages asks first; listening only then keeps the page restorable at all other times. */
const holdUnsent = (event: BeforeUnloadEvent) => event.preventDefault();
effect(() => {
  const unsent = session.console.value?.desk.pending.value.some((one) => one.refusal === null);
  if (unsent) addEventListener('beforeunload', holdUnsent);
  else removeEventListener('beforeunload', holdUnsent);
});
effect(() => {
  const wanted = prefs.locale.value;
  void useLocale(wanted).then(() => {
    shownLocale.value = wanted;
  });
});

function Root() {
  const [app, setApp] = useState<App | null>(null);
  useSignalEffect(() => {
    const console = session.console.value;
    setApp(
      console && {
        console,
        session,
        api,
        prefs,
        speaker,
        route,
        nowMs,
        view: openInboxView(console),
        sheetOpen: signal(false),
        paletteOpen: signal(false),
        go: (screen, id = null) => {
          location.hash = hashOf(screen, id);
        },
      },
    );
  });
  if (!shownLocale.value) return null;
  switch (session.door.value) {
    case 'checking':
      return <div class="boot" role="status" aria-label={gettext('Loading')} />;
    case 'unreachable':
      return (
        <main class="sign-in">
          <Empty icon="offline" title={gettext('The server cannot be reached')}>
            <p>{session.notice.value && errorText(session.notice.value)}</p>
            <button type="button" class="button button-primary" onClick={() => void session.check()}>
              {gettext('Try again')}
            </button>
          </Empty>
        </main>
      );
    case 'signed_out':
      return <SignIn key={shownLocale.value} session={session} prefs={prefs} />;
    case 'signed_in':
      return app ? (
        <AppContext.Provider value={app}>
          <Shell key={shownLocale.value} />
        </AppContext.Provider>
      ) : null;
  }
}

const place = document.getElementById('app');
if (place) render(<Root />, place);
void session.check();

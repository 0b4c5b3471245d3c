/**
 * The app: chat, callback and the panel around them, for a visitor who has or wants to do with us. Invitations, surveys
 * and forms in the page stand on it and are loaded when one is to be shown.
 */
import { effect, type Signal, signal } from '@preact/signals-core';
import { type Calls, createCalls } from './callback/model';
import { type Chat, createChat } from './chat/model';
import { browserStore } from './chat/outbox.store';
import type { Tab } from './launcher';
import type { Presence } from './session';
import { type Link, liveLink, liveVisit, type Visit } from './session/live';
import type { InvitationShow, SiteConfig, WidgetConfig, WidgetWords } from './shared/contracts.gen';
import { gettext, ngettext } from './shared/gettext';
import { isRtl } from './shared/locale';
import { fetchPublic } from './shared/public';
import { loadWords } from './shared/words';
import { mount } from './shell/Panel';

/** What everything that is drawn stands on. */
export interface Session extends Omit<Presence, 'link' | 'visit' | 'site'> {
  link: Link;
  visit: Visit;
  /** What was known when the app was made. */
  config: Pick<WidgetConfig, 'callback'>;
  /** How the site is set up now. */
  site: Signal<SiteConfig>;
  /** The site's own words for a place, if it has some. */
  own(place: keyof WidgetWords): string | undefined;
  isOpen: Signal<boolean>;
  tab: Signal<Tab>;
  /** Whether the browser tab is in the background. */
  isHidden: Signal<boolean>;
  /** Whether the visitor is in a chat or a call. */
  isEngaged: Signal<boolean>;
  /** Whether a survey is on the screen beside the launcher. */
  isAsking: Signal<boolean>;
  /** Open the panel, or a survey by its id. */
  open(what?: unknown, surveyId?: unknown): Promise<void>;
  close(): void;
  toggle(): Promise<void>;
  /** Show a survey beside the launcher, from an invitation if one is named. */
  showSurvey(surveyId: string, impressionId?: string): Promise<void>;
}

/** Everything the panel needs, and what session.ts asks for. */
export interface App extends Session {
  chat: Chat;
  calls: Calls;
  /** Whether the visitor pressed "Ask for a call" in the chat. */
  asksCall: Signal<boolean>;
  /** Number of the last offer of a call that the visitor put aside. */
  dismissedOffer: Signal<number>;
  invite(told: InvitationShow): Promise<void>;
  /** Fill the elements of the page that ask for a form. */
  fillForms(): Promise<void>;
  /** Take everything back that this visitor said. */
  forget(): Promise<void>;
}

export async function createApp(presence: Presence): Promise<App> {
  const { launcher, keep, newId, locale, lazy } = presence;
  const { siteKey, frame, button, options } = launcher;
  const visit = liveVisit(presence.visit);
  // What a visit starts with has it all; whoever is faster than that fetches it.
  const [config] = await Promise.all([
    visit.started.peek() ?? fetchPublic<WidgetConfig>(launcher),
    loadWords(locale),
  ]);
  frame.dir = isRtl(locale) ? 'rtl' : 'ltr';

  // The launcher's second icon, for the open panel, and the number of unread messages.
  const icon = button.children[0]?.cloneNode(true) as Element;
  icon.children[0]?.setAttribute('d', 'M6 9l6 6 6-6');
  const badge = document.createElement('b');
  button.append(icon, badge);

  const link = liveLink(presence.link);
  const site = signal(config.site);
  const own: Session['own'] = (place) =>
    site.value.texts[locale.slice(0, 2) as keyof SiteConfig['texts']]?.[place];
  const isOpen = signal(false);
  const tab = signal<Tab>('chat');
  const isHidden = signal(document.hidden);
  const isEngaged = signal(false);
  const store = browserStore(`ringback:${siteKey}`);
  const chat = createChat({ link, visit, keep, store, newId, now: Date.now, random: Math.random });
  const calls = createCalls({
    link,
    visit,
    keep,
    offer: config.callback,
    asksConsent: () => site.value.recording === 'explicit',
    newId,
    now: Date.now,
  });

  effect(() => {
    const status = chat.conversation.value?.status;
    isEngaged.value = calls.isRunning.value || (!!status && status !== 'closed');
  });
  effect(() => {
    const unread = chat.unread.value;
    const count = isOpen.value ? 0 : unread;
    const isCalling = calls.isRunning.value && !isOpen.value;
    badge.textContent = `${count > 99 ? '99+' : count || (isCalling ? '☎︎' : '')}`;
    button.ariaExpanded = String(isOpen.value);
    let label = options.label ?? own('launcher') ?? gettext('Chat and callback');
    if (count) label += `, ${ngettext('{n} new message', '{n} new messages', count)}`;
    if (isCalling) label += `, ${gettext('Your call')}`;
    button.ariaLabel = isOpen.value ? gettext('Close') : label;
  });

  const take = (next: SiteConfig) => {
    if (next.version >= site.value.version) site.value = next;
  };
  visit.onStarted((started) => take(started.site));
  // What was changed between the start of the visit and now was told to the session alone.
  if (presence.site) take(presence.site);
  link.on('config:changed', (told) => take(told.site));
  const isAsking = signal(false);
  effect(() => {
    // Of a site that hides while it is closed stays what the visitor is in.
    const isAway = (visit.started.value ?? config).callback.closed === 'hide';
    launcher.host.hidden = isAway && !isOpen.value && !isEngaged.value && !isAsking.value;
  });
  let isUsed = false;
  effect(() => {
    isUsed ||= isOpen.value || isEngaged.value;
    launcher.wear(site.value);
    // A quiet site hides the button of those who do not use it.
    if (isUsed) button.hidden = false;
  });

  // The page or the network came back: was anything said meanwhile?
  addEventListener('online', chat.sync);
  addEventListener('pageshow', chat.sync);
  document.addEventListener('visibilitychange', () => {
    isHidden.value = document.hidden;
    if (!document.hidden) chat.sync();
  });

  const invitations = lazy(async () => (await import('./triggers/Invitation')).mount(app));
  const surveys = lazy(async () => (await import('./survey/Survey')).mount(app));
  const forms = lazy(async () => (await import('./inline/inline')).mount(app));

  function close() {
    if (!isOpen.value) return;
    isOpen.value = false;
    button.focus();
  }
  async function open(wanted?: unknown, surveyId?: unknown) {
    if (wanted === 'survey') return surveyId ? app.showSurvey(String(surveyId)) : undefined;
    if (wanted === 'chat' || wanted === 'callback') tab.value = wanted;
    isOpen.value = true;
  }
  const app: App = {
    ...presence,
    link,
    visit,
    config,
    site,
    own,
    chat,
    calls,
    isOpen,
    tab,
    isHidden,
    isEngaged,
    isAsking,
    asksCall: signal(false),
    dismissedOffer: signal(0),
    open,
    close,
    toggle: async () => (isOpen.value ? close() : open()),
    async showSurvey(id, impressionId) {
      isOpen.value = false;
      await (await surveys()).show(id, impressionId);
    },
    invite: async (told) => (await invitations()).offer(told),
    fillForms: async () => (await forms())(),
    forget() {
      calls.forget();
      return chat.forget();
    },
  };
  mount(app);
  import('./shell/carry').then((carry) => carry.mount(app)).catch(() => {});
  return app;
}

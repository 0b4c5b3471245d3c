/** The app: chat, callback and the panel around them, for a visitor who has or wants to do with us. */
import { effect, type Signal, signal } from '@preact/signals-core';
import { type Calls, createCalls } from './callback/model';
import { guessCountry } from './callback/phone';
import { type Chat, createChat } from './chat/model';
import { browserStore } from './chat/outbox.store';
import type { Session } from './main';
import { gettext, ngettext } from './shared/gettext';
import { loadWords } from './shared/words';
import { mount } from './shell/Panel';

/** Everything the panel needs. */
export interface App extends Session {
  chat: Chat;
  calls: Calls;
  /** Whether the visitor pressed "Ask for a call" in the chat. */
  asksCall: Signal<boolean>;
  /** Number of the last offer of a call that the visitor put aside. */
  dismissedOffer: Signal<number>;
  /** Take everything back that this visitor said. */
  forget(): Promise<void>;
}

export async function createApp(session: Session): Promise<App> {
  const { launcher, link, visit, keep, site, isOpen, isEngaged, newId, locale, timeZone } = session;
  const { siteKey, config, button, badge, options } = launcher;
  await loadWords(locale);

  const store = browserStore(`ringback:${siteKey}`);
  const chat = createChat({ link, visit, keep, store, newId, now: Date.now, random: Math.random });
  const calls = createCalls({
    link,
    visit,
    keep,
    offer: config.callback,
    region: guessCountry(site.value.countries, {
      timeZone,
      languages: navigator.languages,
      country: site.value.country,
    }),
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
    badge.textContent = count ? String(count > 99 ? '99+' : count) : '';
    button.ariaExpanded = String(isOpen.value);
    const label = options.label ?? session.own('launcher') ?? gettext('Chat and callback');
    if (isOpen.value) button.ariaLabel = gettext('Close');
    else
      button.ariaLabel = count
        ? `${label}, ${ngettext('{n} new message', '{n} new messages', count)}`
        : label;
  });

  // The page or the network came back: was anything said meanwhile?
  addEventListener('online', chat.sync);
  addEventListener('pageshow', chat.sync);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) chat.sync();
  });

  const app: App = {
    ...session,
    chat,
    calls,
    asksCall: signal(false),
    dismissedOffer: signal(0),
    async forget() {
      await chat.forget();
      calls.forget();
    },
  };
  mount(app);
  return app;
}

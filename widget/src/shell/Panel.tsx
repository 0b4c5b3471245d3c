/** The open widget: header, tabs, and what is under them. */
import { useSignalEffect } from '@preact/signals';
import { render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { CallTab } from '../callback/CallTab';
import { ChatTab } from '../chat/ChatTab';
import type { Tab } from '../launcher';
import type { App } from '../main';
import { readableOn, textOn } from '../shared/color';
import { errorText } from '../shared/errors';
import { gettext } from '../shared/gettext';
import tokens from '../shared/tokens.css?inline';
import { Icon } from './Icon';
import css from './panel.css?inline';
import { fitToKeyboard, isSheet, SHEET } from './sheet';

/** What the header says about who is there; never more than is known. */
function Status({ app }: { app: App }) {
  const { link, visit, chat, launcher } = app;
  const isHere = visit.started.value?.consultantsOnline ?? launcher.config.consultantsOnline;
  const refusal = link.refusal.value;
  let text = isHere ? gettext('A consultant is online') : gettext('Nobody is online right now');
  let kind = isHere ? 'on' : 'off';
  if (refusal) [text, kind] = [errorText(refusal), 'bad'];
  else if (link.state.value === 'offline') [text, kind] = [gettext('Reconnecting…'), 'wait'];
  else if (!visit.started.value) [text, kind] = [gettext('Connecting…'), 'wait'];
  else if (chat.conversation.value?.assignee) [text, kind] = [gettext('Your consultant'), 'on'];
  return (
    <span class={`status ${kind}`} role="status">
      {text}
    </span>
  );
}

function Header({ app }: { app: App }) {
  const { chat, launcher, calls, tab } = app;
  const name = chat.conversation.value?.assignee?.name ?? launcher.config.site.name;
  const canCall = tab.value === 'chat' && !calls.isRunning.value && calls.offer.value.offered;
  return (
    <header>
      <span class="avatar" aria-hidden="true">
        {[...name][0]?.toUpperCase()}
      </span>
      <div class="who">
        <h2>{name}</h2>
        <Status app={app} />
      </div>
      {canCall && (
        <button
          type="button"
          class="round"
          aria-label={gettext('Ask for a call')}
          title={gettext('Ask for a call')}
          aria-expanded={app.asksCall.value}
          onClick={() => {
            app.asksCall.value = !app.asksCall.value;
          }}
        >
          <Icon name="phone" />
        </button>
      )}
      <button type="button" class="round" aria-label={gettext('Close')} onClick={app.close}>
        <Icon name="close" />
      </button>
    </header>
  );
}

const TABS: readonly Tab[] = ['chat', 'callback'];

function Tabs({ app }: { app: App }) {
  const labels = { chat: gettext('Chat'), callback: gettext('Call me back') };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) return;
    event.preventDefault();
    app.tab.value = app.tab.value === 'chat' ? 'callback' : 'chat';
    const bar = event.currentTarget as HTMLElement;
    requestAnimationFrame(() => bar.querySelector<HTMLElement>('[aria-selected=true]')?.focus());
  };
  return (
    <div role="tablist" class="tabs" aria-label={gettext('Ways to reach us')} onKeyDown={onKeyDown}>
      {TABS.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-controls={`pane-${name}`}
          aria-selected={app.tab.value === name}
          tabIndex={app.tab.value === name ? 0 : -1}
          onClick={() => {
            app.tab.value = name;
          }}
        >
          <Icon name={name === 'chat' ? 'chat' : 'phone'} />
          {labels[name]}
        </button>
      ))}
    </div>
  );
}

function Panel({ app }: { app: App }) {
  const panel = useRef<HTMLElement>(null);
  const { isOpen, tab } = app;

  useSignalEffect(() => {
    app.chat.isVisible.value = isOpen.value && tab.value === 'chat' && !app.isHidden.value;
  });
  useEffect(() => {
    const element = panel.current;
    if (!isOpen.value || !element) return;
    const sheet = isSheet();
    // A full-screen sheet is modal: the page behind it is neither read out nor reached by Tab.
    const { body } = document;
    const wasInert = body.inert;
    if (sheet) body.inert = true;
    const stop = fitToKeyboard(element);
    // On a touch screen the keyboard would jump up over what the visitor came to read.
    const field = matchMedia('(pointer: fine)').matches
      ? element.querySelector<HTMLElement>('[data-first]')
      : null;
    (field ?? element).focus({ preventScroll: true });
    return () => {
      stop();
      if (sheet) body.inert = wasInert;
    };
  }, [isOpen.value]);

  if (!isOpen.value) return null;
  return (
    <section
      ref={panel}
      class="panel"
      role="dialog"
      aria-label={app.launcher.config.site.name}
      aria-modal={isSheet()}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.isComposing) return;
        event.stopPropagation();
        app.close();
      }}
    >
      <Header app={app} />
      <Tabs app={app} />
      <div role="tabpanel" class="pane" id={`pane-${tab.value}`} aria-labelledby={`tab-${tab.value}`}>
        {tab.value === 'chat' ? <ChatTab app={app} /> : <CallTab app={app} />}
      </div>
    </section>
  );
}

/** The site's colour as it may be used for text and marks on our two backgrounds. */
function colours(color: string): string {
  const on = (background: string) => readableOn(color, background);
  return `:host{--accent:${color};--on-accent:${textOn(color)};--accent-text:light-dark(${on('#ffffff')},${on('#20252b')})}`;
}

/** Draw the panel, closed, into the launcher's frame. */
export function mount(app: App): void {
  const { root, frame, button, config } = app.launcher;
  for (const text of [tokens, colours(config.site.color), css]) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    root.adoptedStyleSheets.push(sheet);
  }
  const place = document.createElement('div');
  frame.insertBefore(place, button);
  render(<Panel app={app} />, place);
  matchMedia(SHEET).addEventListener('change', () => {
    document.body.inert = app.isOpen.value && isSheet();
  });
}

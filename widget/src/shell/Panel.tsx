/**
 * The open widget: header, tabs, and what is under them.
 *
 * There are no hooks and no state in components: one effect draws the whole panel and draws it again when a signal it
 * read has changed. What has to happen in the document afterwards (focus, scrolling, the keyboard) follows the drawing.
 */
import { computed, effect, type ReadonlySignal, signal } from '@preact/signals-core';
import { render } from 'preact';
import type { App } from '../app';
import { ChatTab, createScroll } from '../chat/ChatTab';
import { createLines } from '../chat/Lines';
import type { Tab } from '../launcher';
import { whenThereText } from '../shared/clock';
import { errorText } from '../shared/errors.visitor';
import { gettext } from '../shared/gettext';
import { dress } from './dress';
import { Icon } from './Icon';
import { Loading } from './Loading';
import { later } from './later';
import launcherCss from './launcher.css?inline';
import css from './panel.css?inline';
import { fitToKeyboard, isSheet, SHEET } from './sheet';

/** What the panel keeps for itself while it is on the page. */
export interface View extends App {
  lines: ReturnType<typeof createLines>;
  scroll: ReturnType<typeof createScroll>;
  /** The form of a callback; null until it is loaded, which begins when it is asked for. */
  form(): typeof import('../callback/form') | null;
  /** The steps of a callback, in the same way. */
  running(): typeof import('../callback/Running') | null;
  /** What may be expected of the running call; there once `running` is. */
  expectation: ReadonlySignal<string>;
  /** The callback that is still tried while the visitor chooses a time for another one. */
  replaced?: string | undefined;
  /** Whether someone can answer a chat right now, as far as the server has told. */
  isAttended(): boolean;
}

/** What the header says about who is there; never more than is known. */
function Status({ view }: { view: View }) {
  const { link, visit, chat, calls } = view;
  const refusal = link.refusal.value;
  const { opensAtMs, opensOffsetMin } = calls.offer.value;
  let text = view.isAttended()
    ? gettext('A consultant is online')
    : opensAtMs
      ? gettext('We are back: {time}.', { time: whenThereText(opensAtMs, Date.now(), opensOffsetMin) })
      : gettext('Nobody is online right now');
  let kind = view.isAttended() ? 'on' : '';
  if (refusal) text = errorText(refusal);
  else if (link.state.value === 'offline') [text, kind] = [gettext('Reconnecting…'), 'wait'];
  else if (!visit.started.value) [text, kind] = [gettext('Connecting…'), 'wait'];
  else if (chat.conversation.value?.assignee) [text, kind] = [gettext('Your consultant'), 'on'];
  return (
    <span class={`status ${kind}`} role="status">
      {text}
    </span>
  );
}

function Header({ view }: { view: View }) {
  const { chat, calls, tab, asksCall } = view;
  const name = chat.conversation.value?.assignee?.name ?? view.own('title') ?? view.site.value.name;
  const canCall = tab.value === 'chat' && !calls.isRunning.value && calls.offer.value.offered;
  return (
    <div class="head">
      <span class="avatar" aria-hidden="true">
        {[...name][0]?.toUpperCase()}
      </span>
      <div class="who">
        <h2>{name}</h2>
        <Status view={view} />
      </div>
      {canCall && (
        <button
          type="button"
          class="round"
          aria-label={gettext('Ask for a call')}
          aria-expanded={asksCall.value}
          onClick={() => {
            asksCall.value = !asksCall.value;
          }}
        >
          <Icon name="phone" />
        </button>
      )}
      <button type="button" class="round" aria-label={gettext('Close')} onClick={view.close}>
        <Icon name="close" />
      </button>
    </div>
  );
}

const TABS: readonly Tab[] = ['chat', 'callback'];

function Tabs({ view }: { view: View }) {
  const labels = { chat: gettext('Chat'), callback: gettext('Call me back') };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!/^(Arrow[LR]|Home|End)/.test(event.key)) return;
    event.preventDefault();
    view.tab.value = view.tab.value === 'chat' ? 'callback' : 'chat';
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>('[aria-selected=true]')?.focus();
  };
  return (
    <div role="tablist" class="tabs" aria-label={gettext('Ways to reach us')} onKeyDown={onKeyDown}>
      {TABS.map((name) => {
        const isSelected = view.tab.value === name;
        return (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-controls="pane"
            aria-selected={isSelected}
            tabIndex={isSelected ? 0 : -1}
            onPointerEnter={view.form}
            onClick={() => {
              view.tab.value = name;
            }}
          >
            <Icon name={name === 'chat' ? 'chat' : 'phone'} />
            {labels[name]}
          </button>
        );
      })}
    </div>
  );
}

function CallPane({ view }: { view: View }) {
  const callback = view.calls.callback.value;
  if (callback) {
    const running = view.running();
    return running ? <running.Running view={view} callback={callback} /> : <Loading />;
  }
  const form = view.form();
  return form ? <form.CallTab view={view} /> : <Loading />;
}

function Panel({ view }: { view: View }) {
  const { isOpen, tab } = view;
  if (!isOpen.value) return null;
  return (
    <section
      class="ui float panel"
      role="dialog"
      aria-label={view.site.value.name}
      aria-modal={isSheet()}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.isComposing) return;
        event.stopPropagation();
        view.close();
      }}
    >
      <Header view={view} />
      <Tabs view={view} />
      <div role="tabpanel" class="pane" id="pane" aria-labelledby={`tab-${tab.value}`} key={tab.value}>
        {tab.value === 'chat' ? <ChatTab view={view} /> : <CallPane view={view} />}
      </div>
    </section>
  );
}

/** Take the place the launcher has prepared: full screen and modal on a phone, above the keyboard. Returns the end. */
function occupy(panel: HTMLElement): () => void {
  // A full-screen sheet is modal: the page behind it is neither read out nor reached by Tab.
  const { body } = document;
  const wasInert = body.inert;
  const wide = matchMedia(SHEET);
  const fit = () => {
    body.inert = wasInert || wide.matches;
  };
  fit();
  wide.addEventListener('change', fit);
  const stop = fitToKeyboard(panel);
  return () => {
    stop();
    wide.removeEventListener('change', fit);
    body.inert = wasInert;
  };
}

/** Draw the panel into the launcher's frame whenever what it shows has changed. */
export function mount(app: App): void {
  const { root, frame, button } = app.launcher;
  dress(root, app.site, css, launcherCss);
  const place = document.createElement('div');
  frame.insertBefore(place, button);
  const view: View = {
    ...app,
    lines: createLines(app),
    scroll: createScroll(app),
    form: later(async () => {
      const form = await import('../callback/form');
      dress(root, app.site, form.css);
      form.startCountry(app.calls, app);
      // Whoever has asked for a call sees its steps at once, also where the network has gone just then.
      view.running();
      return form;
    }, app.isOpen),
    running: later(async () => {
      const running = await import('../callback/Running');
      dress(root, app.site, running.css);
      view.expectation = running.createExpectation(app);
      return running;
    }, app.isOpen),
    expectation: signal(''),
    isAttended: () => app.site.value.consultantsOnline,
  };

  const looks = computed(() => app.isOpen.value && app.tab.value === 'chat' && !app.isHidden.value);
  effect(() => {
    app.chat.isVisible.value = looks.value;
  });

  let leave: (() => void) | undefined;
  effect(() => {
    const focused = root.activeElement;
    render(<Panel view={view} />, place);
    const panel = place.querySelector<HTMLElement>('.panel');
    if (!panel) {
      leave?.();
      leave = undefined;
      return;
    }
    view.scroll.settle(panel);
    if (leave) {
      // What had the focus is gone, as the form of a call that was asked for: keys must not go to the page behind.
      if (focused && !root.activeElement) panel.focus();
      return;
    }
    leave = occupy(panel);
    // On a touch screen the keyboard would jump up over what the visitor came to read.
    const field = matchMedia('(pointer: fine)').matches
      ? panel.querySelector<HTMLElement>('[data-first]')
      : null;
    (field ?? panel).focus({ preventScroll: true });
  });
}

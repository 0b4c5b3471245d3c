/** The conversation: what was said, what is on its way, and the field to write in. */
import { signal } from '@preact/signals-core';
import type { App } from '../app';
import type { Message } from '../shared/contracts.gen';
import { errorText } from '../shared/errors.visitor';
import { gettext, ngettext } from '../shared/gettext';
import { Empty } from '../shell/Empty';
import { Icon } from '../shell/Icon';
import { Loading } from '../shell/Loading';
import type { View } from '../shell/Panel';
import { Composer } from './Composer';

/** Number of the last offer of a call that nothing has followed, 0 when there is none. */
export function openOffer(messages: readonly Message[]): number {
  const last = messages.findLast((m) => m.event?.name.startsWith('call_'));
  return last?.event?.name === 'call_offered' ? last.seq : 0;
}

/**
 * Where the log stands: a reader at the end follows the conversation, one who reads earlier lines is left in peace and
 * told how much has come below.
 */
export function createScroll({ chat }: App) {
  const isAtEnd = signal(true);
  /** The last number that was in sight. */
  let seen = 0;
  let own = '';
  const toEnd = (log: HTMLElement) => {
    log.scrollTop = log.scrollHeight;
    isAtEnd.value = true;
  };
  return {
    isAtEnd,
    toEnd,
    below: () => {
      const { messages } = chat.sequence.value;
      if (isAtEnd.value) seen = messages.at(-1)?.seq ?? 0;
      return messages.filter((m) => m.seq > seen && m.kind === 'text').length;
    },
    onScroll({ currentTarget: log }: { currentTarget: HTMLElement }) {
      isAtEnd.value = log.scrollHeight - log.scrollTop - log.clientHeight < 48;
    },
    /** After every drawing: keep to the end where that is wanted, and let the composer grow with its text. */
    settle(panel: HTMLElement) {
      const log = panel.querySelector<HTMLElement>('.log');
      const lastOwn = chat.pending.peek().at(-1)?.clientMessageId ?? '';
      // One's own words are always shown.
      const isNew = lastOwn !== '' && lastOwn !== own;
      own = lastOwn || own;
      if (log && (isAtEnd.peek() || isNew)) toEnd(log);
      const field = panel.querySelector('textarea');
      if (!field) return;
      field.style.height = 'auto';
      field.style.height = `${Math.min(field.scrollHeight + 2, 132)}px`;
    },
  };
}

function CallCard({ view, offer }: { view: View; offer: number }) {
  const close = () => {
    view.asksCall.value = false;
    view.dismissedOffer.value = offer;
  };
  const form = view.form();
  return (
    <div class="card">
      <h3>{offer ? gettext('Shall we call you?') : gettext('Talk about this on the phone')}</h3>
      <button type="button" class="round" aria-label={gettext('Not now')} onClick={close}>
        <Icon name="close" />
      </button>
      {form ? <form.CallForm view={view} fromConversation onDone={close} /> : <Loading />}
    </div>
  );
}

export function ChatTab({ view }: { view: View }) {
  const { chat, calls, link, scroll } = view;
  const { messages, base } = chat.sequence.value;
  const lines = view.lines.value;
  const typing = chat.typing.value;
  const failure = chat.failure.value;
  const offer = openOffer(messages);
  const isOffered = offer > view.dismissedOffer.value && chat.conversation.value?.status !== 'closed';
  const below = scroll.below();
  const running = calls.isRunning.value && view.running();
  return (
    <>
      {running && <running.CallBar view={view} />}
      <div
        class="log"
        role="log"
        aria-label={gettext('Conversation')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a log that scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={scroll.onScroll}
      >
        {base > 0 && (
          <button type="button" class="quiet" onClick={chat.loadEarlier}>
            {gettext('Earlier messages')}
          </button>
        )}
        {!lines.length && (
          <Empty icon="chat" title={view.own('greeting') ?? gettext('How can we help?')}>
            <p>
              {view.isAttended()
                ? gettext('Write your question below. A consultant reads it right away and answers here.')
                : (view.own('offline') ??
                  gettext('Nobody is online right now. Leave a message: the answer will wait for you here.'))}
            </p>
            <p class="fine">{gettext('You can go on browsing: the conversation stays with you.')}</p>
          </Empty>
        )}
        {lines}
        {typing !== null && (
          <div class="typing">
            <span class="dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            {gettext('{name} is typing…', { name: typing || gettext('A consultant') })}
          </div>
        )}
      </div>
      {below > 0 && (
        <button
          type="button"
          class="jump"
          onClick={({ currentTarget }) =>
            scroll.toEnd((currentTarget.parentNode as HTMLElement).querySelector('.log') as HTMLElement)
          }
        >
          {ngettext('{n} new message', '{n} new messages', below)}
          <Icon name="down" />
        </button>
      )}
      {failure && (
        <p class="notice" role="alert">
          {errorText(failure)}
        </p>
      )}
      {link.state.value === 'offline' && (
        <p class="notice" role="status">
          {gettext('You are offline. What you write is kept and sent later.')}
        </p>
      )}
      {(view.asksCall.value || isOffered) && !calls.isRunning.value && (
        <CallCard view={view} offer={isOffered ? offer : 0} />
      )}
      <Composer view={view} />
    </>
  );
}

/** The conversation: what was said, what is on its way, and the field to write in. */
import { useSignal } from '@preact/signals';
import { Fragment } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { CallBar } from '../callback/CallBar';
import { CallForm } from '../callback/CallForm';
import type { App } from '../main';
import { dayText } from '../shared/clock';
import type { Message } from '../shared/contracts.gen';
import { errorText } from '../shared/errors';
import { gettext, ngettext } from '../shared/gettext';
import { Icon } from '../shell/Icon';
import { Bubble, EventLine, PendingBubble } from './Bubble';
import { Composer } from './Composer';

function Empty({ app }: { app: App }) {
  const isHere = app.visit.started.value?.consultantsOnline ?? app.launcher.config.consultantsOnline;
  return (
    <div class="empty">
      <span class="medal">
        <Icon name="chat" />
      </span>
      <h3>{gettext('How can we help?')}</h3>
      <p>
        {isHere
          ? gettext('Write your question below. A consultant reads it right away and answers here.')
          : gettext('Nobody is online right now. Leave a message: the answer will wait for you here.')}
      </p>
      <p class="fine">{gettext('You can go on browsing: the conversation stays with you.')}</p>
    </div>
  );
}

/** Number of the last offer of a call that nothing has followed, 0 when there is none. */
function openOffer(messages: readonly Message[]): number {
  const last = messages.findLast((m) => m.event?.name.startsWith('call_'));
  return last?.event?.name === 'call_offered' ? last.seq : 0;
}

function CallCard({ app, title, onClose }: { app: App; title: string; onClose(): void }) {
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    card.current?.scrollIntoView({ block: 'nearest' });
    card.current?.querySelector('input')?.focus();
  }, []);
  return (
    <div class="card" ref={card}>
      <div class="card-head">
        <Icon name="phone" />
        <h3>{title}</h3>
        <button type="button" class="round small" aria-label={gettext('Not now')} onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      <CallForm app={app} fromConversation onDone={onClose} />
    </div>
  );
}

function Lines({ app }: { app: App }) {
  const { chat } = app;
  const now = Date.now();
  const { messages } = chat.sequence.value;
  const seen = messages.filter((m) => m.kind === 'text' || (m.kind === 'event' && m.event));
  const own = seen.findLast((m) => m.kind === 'text' && m.author.kind === 'visitor');
  const isSent = new Set(messages.map((m) => m.clientMessageId));
  const pending = chat.pending.value.filter((p) => !isSent.has(p.clientMessageId));
  return (
    <>
      {seen.map((message, i) => {
        const before = seen[i - 1];
        const day = dayText(message.sentAtMs, now);
        const isNewDay = !before || dayText(before.sentAtMs, now) !== day;
        const isFirst =
          isNewDay ||
          before?.kind !== 'text' ||
          before.author.kind !== message.author.kind ||
          before.author.id !== message.author.id;
        return (
          <Fragment key={message.seq}>
            {isNewDay && <div class="day">{day}</div>}
            {message.event ? (
              <EventLine message={message} />
            ) : (
              <Bubble
                message={message}
                isFirst={isFirst}
                isLastOwn={message === own}
                receipts={chat.receipts.value}
              />
            )}
          </Fragment>
        );
      })}
      {pending.map((p) => (
        <PendingBubble key={p.clientMessageId} pending={p} app={app} />
      ))}
    </>
  );
}

export function ChatTab({ app }: { app: App }) {
  const { chat, calls, asksCall } = app;
  const log = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const below = useSignal(0);
  const dismissed = useSignal(0);
  const { messages, base } = chat.sequence.value;
  const count = messages.length + chat.pending.value.length;
  const offer = openOffer(messages);
  const isOffered = offer > dismissed.value && !calls.isRunning.value;
  const showsForm = (asksCall.value || isOffered) && !calls.isRunning.value;

  const toEnd = () => {
    const element = log.current;
    if (element) element.scrollTop = element.scrollHeight;
    below.value = 0;
  };
  // The visitor's own words and a reader at the end follow the conversation; one who reads earlier is left in peace.
  const lastOwn = chat.pending.value.at(-1)?.clientMessageId;
  useLayoutEffect(() => {
    isAtEnd.current = true;
    toEnd();
  }, [lastOwn]);
  useLayoutEffect(() => {
    if (isAtEnd.current) toEnd();
    else below.value = chat.unread.value || below.value;
  }, [count, chat.typing.value, showsForm]);

  return (
    <>
      <CallBar app={app} />
      <div
        ref={log}
        class="log"
        role="log"
        aria-label={gettext('Conversation')}
        aria-relevant="additions"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled log must be reachable by keyboard
        tabIndex={0}
        onScroll={({ currentTarget: e }) => {
          isAtEnd.current = e.scrollHeight - e.scrollTop - e.clientHeight < 48;
          if (isAtEnd.current) below.value = 0;
        }}
      >
        {base > 0 && (
          <button type="button" class="quiet" onClick={() => chat.loadEarlier()}>
            {gettext('Earlier messages')}
          </button>
        )}
        {count === 0 && <Empty app={app} />}
        <Lines app={app} />
        {chat.typing.value !== null && (
          <div class="typing">
            <span class="dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            {chat.typing.value
              ? gettext('{name} is typing…', { name: chat.typing.value })
              : gettext('A consultant is typing…')}
          </div>
        )}
        {showsForm && (
          <CallCard
            app={app}
            title={isOffered ? gettext('Shall we call you?') : gettext('Talk about this on the phone')}
            onClose={() => {
              dismissed.value = offer;
              asksCall.value = false;
            }}
          />
        )}
        {below.value > 0 && (
          <button type="button" class="jump" onClick={toEnd}>
            {ngettext('{n} new message', '{n} new messages', below.value)}
            <Icon name="down" />
          </button>
        )}
      </div>
      {chat.failure.value && (
        <p class="notice" role="alert">
          {errorText(chat.failure.value)}
        </p>
      )}
      {app.link.state.value === 'offline' && (
        <p class="notice" role="status">
          {gettext('You are offline. What you write is kept and sent later.')}
        </p>
      )}
      <Composer app={app} />
    </>
  );
}

import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { dayText, timeText } from '../../../widget/src/shared/clock';
import type { InboxConversation, Message } from '../../../widget/src/shared/contracts.gen';
import { errorText } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { staffEventText } from '../../../widget/src/shared/timeline.staff';
import { useApp } from '../app/context';
import { visitorName } from '../app/words';
import { Icon } from '../ui/icons';
import { Avatar, Linked, Skeleton } from '../ui/pieces';
import { dayKey, exactWhen } from '../ui/time';
import { CallCard } from './CallCard';
import { Composer } from './Composer';
import { ThreadHead } from './ThreadHead';
import { type Delivery, deliveryOf, type Pending, type Row, rowsOf } from './thread';

export function ThreadView({ conversation }: { conversation: InboxConversation }) {
  const { console } = useApp();
  const { desk } = console;
  const thread = desk.threadOf(conversation.id);
  const pending = desk.pending.value.filter((one) => one.conversationId === conversation.id);
  const rows = rowsOf(thread, pending, dayKey, desk.newAfterSeq.value);
  const scroll = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const shown = useRef('');

  const last = rows.at(-1)?.key ?? '';
  useLayoutEffect(() => {
    const box = scroll.current;
    if (!box) return;
    const grown = shown.current !== last;
    const mine = rows.at(-1)?.kind === 'pending';
    if (grown && (atEnd.current || mine || shown.current === '')) box.scrollTop = box.scrollHeight;
    shown.current = last;
  }, [last, rows.length]);
  // Whatever grows (a refusal, a longer composer, the call card), the end stays in view for who was at the end.
  useEffect(() => {
    const box = scroll.current;
    if (!box || typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(() => {
      if (atEnd.current) box.scrollTop = box.scrollHeight;
    });
    observer.observe(box);
    if (box.lastElementChild) observer.observe(box.lastElementChild);
    return () => observer.disconnect();
  }, []);

  const empty = thread.completeSeq === 0 && conversation.lastSeq > 0;
  return (
    <section class="thread-column" aria-label={gettext('Conversation')}>
      <ThreadHead conversation={conversation} />
      <CallCard conversationId={conversation.id} />
      <div
        class="thread-scroll"
        ref={scroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keys
        tabIndex={0}
        role="log"
        aria-label={gettext('Messages')}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          atEnd.current = scrollHeight - scrollTop - clientHeight < 60;
        }}
      >
        {empty ? <Skeleton rows={3} /> : null}
        <ol class="thread">
          {rows.map((row) => (
            <RowView key={row.key} row={row} conversation={conversation} />
          ))}
        </ol>
      </div>
      <TypingLine conversation={conversation} />
      {console.answers ? (
        <Composer key={conversation.id} conversation={conversation} />
      ) : (
        <p class="read-along">{gettext('You read along. Consultants and administrators answer.')}</p>
      )}
    </section>
  );
}

function RowView({ row, conversation }: { row: Row; conversation: InboxConversation }) {
  const { nowMs } = useApp();
  switch (row.kind) {
    case 'day':
      return (
        <li class="thread-day">
          <span>{dayText(row.atMs, nowMs.value)}</span>
        </li>
      );
    case 'new':
      return (
        <li class="thread-new">
          <span>{gettext('New')}</span>
        </li>
      );
    case 'event':
      return (
        <li class="thread-event">
          <span>
            {row.message.event ? staffEventText(row.message.event, nowMs.value) : row.message.text}
            <time title={exactWhen(row.message.sentAtMs)}>{timeText(row.message.sentAtMs)}</time>
          </span>
        </li>
      );
    case 'bubble':
      return <Bubble row={row} conversation={conversation} />;
    case 'pending':
      return <PendingBubble pending={row.pending} />;
  }
}

function Bubble({
  row,
  conversation,
}: {
  row: Extract<Row, { kind: 'bubble' }>;
  conversation: InboxConversation;
}) {
  const { console } = useApp();
  const { message, first, last } = row;
  const { author } = message;
  const fromVisitor = author.kind === 'visitor';
  const name = authorName(message, conversation, console.me.value.id);
  const side = fromVisitor ? 'theirs' : 'ours';
  const kind = message.kind === 'note' ? 'bubble-note' : author.kind === 'automatic' ? 'bubble-auto' : '';
  return (
    <li class={`line line-${side} ${first ? 'line-first' : ''}`}>
      {fromVisitor && (
        <span class="line-avatar">{last && <Avatar name={name} id={conversation.visitor.id} />}</span>
      )}
      <div class={`bubble ${kind}`}>
        {first && (
          <span class="bubble-author">
            {message.kind === 'note' && <Icon name="note" size={14} />}
            {message.kind === 'note' ? noteHeading(message, name, console.me.value.id) : name}
          </span>
        )}
        <p dir="auto">
          <Linked text={message.text} />
        </p>
        <span class="bubble-foot">
          <time title={exactWhen(message.sentAtMs)}>{timeText(message.sentAtMs)}</time>
          {author.kind === 'consultant' && message.kind === 'text' && (
            <Ticks delivery={deliveryOf(message.seq, conversation.receipts)} spelled={last} />
          )}
        </span>
      </div>
    </li>
  );
}

function noteHeading(message: Message, name: string, myId: string): string {
  return message.author.id === myId ? gettext('Your note') : gettext('Note of {name}', { name });
}

function authorName(message: Message, conversation: InboxConversation, myId: string): string {
  const { author } = message;
  if (author.kind === 'visitor') return visitorName(conversation.visitor);
  if (author.kind === 'automatic') return gettext('Automatic message');
  if (author.id === myId) return gettext('You');
  return author.name ?? gettext('A consultant');
}

/** Sent, delivered, read: one tick, two ticks, two coloured ticks and the word. */
function Ticks({ delivery, spelled }: { delivery: Delivery; spelled: boolean }) {
  const word =
    delivery === 'read' ? gettext('Read') : delivery === 'delivered' ? gettext('Delivered') : gettext('Sent');
  return (
    <span class={`ticks ticks-${delivery}`} title={word}>
      <Icon name={delivery === 'sent' ? 'check' : 'checks'} size={16} />
      <span class={spelled ? '' : 'sr-only'}>{word}</span>
    </span>
  );
}

function PendingBubble({ pending }: { pending: Pending }) {
  const { console, view } = useApp();
  const { desk, link } = console;
  const offline = link.state.value !== 'online';
  return (
    <li class="line line-ours line-first">
      <div
        class={`bubble ${pending.note ? 'bubble-note' : ''} ${pending.refusal ? 'bubble-failed' : 'bubble-pending'}`}
      >
        <p dir="auto">{pending.text}</p>
        <span class="bubble-foot">
          {pending.refusal ? null : (
            <span class="ticks">
              <Icon name="clock" size={14} />
              {offline ? gettext('Waits for the connection') : gettext('Sending')}
            </span>
          )}
        </span>
        {pending.refusal && (
          <div class="bubble-refusal" role="alert">
            <p>
              <Icon name="warn" size={16} /> {gettext('Not sent.')} {errorText(pending.refusal)}
            </p>
            <div class="buttons">
              <button
                type="button"
                class="button button-small"
                onClick={() => desk.resend(pending.clientMessageId)}
              >
                {gettext('Send again')}
              </button>
              <button
                type="button"
                class="button button-small button-quiet"
                onClick={() => {
                  view.keepDraft(pending.conversationId, desk.discard(pending.clientMessageId));
                  view.write(pending.note ? 'note' : 'reply');
                }}
              >
                {gettext('Edit')}
              </button>
            </div>
          </div>
        )}
      </div>
    </li>
  );
}

function TypingLine({ conversation }: { conversation: InboxConversation }) {
  const { console } = useApp();
  const here = console.desk.typing.value.filter((one) => one.conversationId === conversation.id);
  const visitor = here.some((one) => one.author.kind === 'visitor');
  const colleague = here.find((one) => one.author.kind === 'consultant');
  return (
    <div class="typing" aria-live="polite">
      {visitor && (
        <span>
          <i class="typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </i>
          {gettext('{name} writes…', { name: visitorName(conversation.visitor) })}
        </span>
      )}
      {colleague && (
        <span class="collision">
          <Icon name="warn" size={16} />
          {gettext('{name} is answering right now', {
            name: colleague.author.name ?? gettext('A colleague'),
          })}
        </span>
      )}
    </div>
  );
}

/** One line of the conversation. */
import type { App } from '../main';
import { timeText } from '../shared/clock';
import type { Message, Receipts } from '../shared/contracts.gen';
import { errorText } from '../shared/errors';
import { gettext } from '../shared/gettext';
import { eventText } from '../shared/timeline';
import { Icon } from '../shell/Icon';
import { pieces } from './links';
import type { Pending } from './outbox';

function Text({ text }: { text: string }) {
  return (
    <>
      {pieces(text).map((piece, i) =>
        piece.href ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text never move
          <a key={i} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
            {piece.text}
          </a>
        ) : (
          piece.text
        ),
      )}
    </>
  );
}

/** How far a message of the visitor has got. */
function reached(seq: number, receipts: Receipts): string {
  if (seq <= receipts.consultantReadSeq) return gettext('Read');
  if (seq <= receipts.consultantDeliveredSeq) return gettext('Delivered');
  return gettext('Sent');
}

const NO_RECEIPTS: Receipts = {
  visitorDeliveredSeq: 0,
  visitorReadSeq: 0,
  consultantDeliveredSeq: 0,
  consultantReadSeq: 0,
};

export function Bubble(props: {
  message: Message;
  isFirst: boolean;
  isLastOwn: boolean;
  receipts: Receipts | null;
}) {
  const { message, isFirst, isLastOwn, receipts } = props;
  const { author } = message;
  const isOwn = author.kind === 'visitor';
  return (
    <div class={`line ${isOwn ? 'own' : 'theirs'}${isFirst ? ' first' : ''}`}>
      {isFirst && !isOwn && (
        <span class="name">
          {author.kind === 'automatic' ? gettext('Automatic message') : author.name || gettext('Consultant')}
        </span>
      )}
      <div class="bubble" dir="auto">
        {isOwn && <span class="vh">{gettext('You:')} </span>}
        <Text text={message.text} />
      </div>
      <span class="meta">
        <time dateTime={new Date(message.sentAtMs).toISOString()}>{timeText(message.sentAtMs)}</time>
        {isLastOwn && ` · ${reached(message.seq, receipts ?? NO_RECEIPTS)}`}
      </span>
    </div>
  );
}

export function EventLine({ message }: { message: Message }) {
  if (!message.event) return null;
  const isCall = message.event.name.startsWith('call_');
  return (
    <div class="event">
      {isCall && <Icon name="phone" />}
      <span>
        {eventText(message.event)} <time>{timeText(message.sentAtMs)}</time>
      </span>
    </div>
  );
}

/** A message of ours that the server does not have, or does not want. */
export function PendingBubble({ pending, app }: { pending: Pending; app: App }) {
  const { refusal, clientMessageId } = pending;
  return (
    <div class={`line own first${refusal ? ' refused' : ' pending'}`}>
      <div class="bubble" dir="auto">
        <span class="vh">{gettext('You:')} </span>
        <Text text={pending.text} />
      </div>
      {refusal ? (
        <div class="reason" role="alert">
          <span>
            {gettext('Not sent.')} {errorText(refusal)}
          </span>
          <span class="row">
            <button type="button" class="quiet" onClick={() => app.chat.edit(clientMessageId)}>
              {gettext('Edit')}
            </button>
            <button type="button" class="quiet" onClick={() => app.chat.discard(clientMessageId)}>
              {gettext('Discard')}
            </button>
          </span>
        </div>
      ) : (
        <span class="meta">
          {app.link.state.value === 'online' ? gettext('Sending…') : gettext('Waiting for the connection')}
        </span>
      )}
    </div>
  );
}

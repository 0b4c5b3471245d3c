/**
 * The lines of the conversation, computed apart from the panel: typing a letter draws the panel again, but not the
 * hundreds of lines above it.
 */
import { computed, type ReadonlySignal } from '@preact/signals-core';
import type { VNode } from 'preact';
import type { App } from '../app';
import { dayText, timeText } from '../shared/clock';
import type { Message, Receipts } from '../shared/contracts.gen';
import { errorText } from '../shared/errors.visitor';
import { gettext } from '../shared/gettext';
import { eventText } from '../shared/timeline';
import { Icon } from '../shell/Icon';
import { pieces } from './links';
import type { Pending } from './outbox';

const textOf = (text: string) =>
  pieces(text).map((piece) =>
    piece.href ? (
      <a href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
        {piece.text}
      </a>
    ) : (
      piece.text
    ),
  );

/** How far a message of the visitor has got. */
function reached(seq: number, receipts: Receipts | null): string {
  if (receipts && seq <= receipts.consultantReadSeq) return gettext('Read');
  if (receipts && seq <= receipts.consultantDeliveredSeq) return gettext('Delivered');
  return gettext('Sent');
}

const bubble = (text: string, isOwn: boolean) => (
  <div class="bubble" dir="auto">
    {isOwn && <span class="vh">{gettext('You:')} </span>}
    {textOf(text)}
  </div>
);

function said(message: Message, isFirst: boolean, state: string): VNode {
  const { author } = message;
  const isOwn = author.kind === 'visitor';
  const name =
    author.kind === 'automatic' ? gettext('Automatic message') : author.name || gettext('Consultant');
  return (
    <div class={`line ${isOwn ? 'own' : ''} ${isFirst ? 'first' : ''}`} key={message.seq}>
      {isFirst && !isOwn && <span class="meta name">{name}</span>}
      {bubble(message.text, isOwn)}
      <span class="meta">
        {timeText(message.sentAtMs)}
        {state && ` · ${state}`}
      </span>
    </div>
  );
}

const happened = (message: Message): VNode | null =>
  message.event && (
    <div class="event" key={message.seq}>
      {message.event.name.startsWith('call_') && <Icon name="phone" />}
      <span>
        {eventText(message.event)} · {timeText(message.sentAtMs)}
      </span>
    </div>
  );

/** A message of ours that the server does not have, or does not want. */
function waiting({ clientMessageId, text, refusal, isNew }: Pending, app: App, isOnline: boolean): VNode {
  return (
    <div class={`line own first ${refusal ? 'refused' : 'pending'}`} key={clientMessageId}>
      {bubble(text, true)}
      {refusal ? (
        <div class="error" role="alert">
          <span>
            {gettext('Not sent.')} {errorText(refusal)}
          </span>
          <button type="button" class="quiet" onClick={() => app.chat.edit(clientMessageId)}>
            {gettext('Edit')}
          </button>
          <button type="button" class="quiet" onClick={() => app.chat.discard(clientMessageId)}>
            {gettext('Discard')}
          </button>
        </div>
      ) : (
        // That it waits is a promise: it is made once the message would outlive this page.
        <span class="meta">
          {isOnline || isNew ? gettext('Sending…') : gettext('Waiting for the connection')}
        </span>
      )}
    </div>
  );
}

export function createLines(app: App): ReadonlySignal<(VNode | null)[]> {
  const { chat, link } = app;
  return computed(() => {
    const now = Date.now();
    const { messages: inOrder, ahead } = chat.sequence.value;
    // One's own words stay on the screen while a number below them is still open.
    const messages = [...inOrder, ...ahead.filter((m) => m.author.kind === 'visitor')];
    const receipts = chat.receipts.value;
    const isOnline = link.state.value === 'online';
    const seen = messages.filter((m) => m.kind === 'text' || m.event);
    const lastOwn = seen.findLast((m) => m.author.kind === 'visitor' && !m.event);
    const isSent = new Set(messages.map((m) => m.clientMessageId));
    const lines: (VNode | null)[] = [];
    let day = '';
    let speaker = '';
    for (const message of seen) {
      const { author, event, sentAtMs, seq } = message;
      const itsDay = dayText(sentAtMs, now);
      if (itsDay !== day) {
        lines.push(
          <div class="day" key={itsDay}>
            {itsDay}
          </div>,
        );
        speaker = '';
      }
      day = itsDay;
      const itsSpeaker = event ? '' : `${author.kind}/${author.id}`;
      lines.push(
        event
          ? happened(message)
          : said(message, itsSpeaker !== speaker, message === lastOwn ? reached(seq, receipts) : ''),
      );
      speaker = itsSpeaker;
    }
    for (const pending of chat.pending.value) {
      if (!isSent.has(pending.clientMessageId)) lines.push(waiting(pending, app, isOnline));
    }
    return lines;
  });
}

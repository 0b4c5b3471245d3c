import { useSignal } from '@preact/signals';
import type { InboxConversation } from '../../../widget/src/shared/contracts.gen';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { attempt, closeAndNext, keysOf } from '../app/commands';
import { useApp } from '../app/context';
import { departmentName } from '../app/departments';
import { visitorName } from '../app/words';
import { BlockDialog } from '../blocking/BlockDialog';
import { unblock, useBlock } from '../blocking/blocks';
import { isRunning } from '../calls/leads';
import { Icon } from '../ui/icons';
import { type Layer, Menu, type MenuItem, Popover } from '../ui/layers';
import { Avatar, Field } from '../ui/pieces';
import { say } from '../ui/toasts';
import { groupOf } from './list';

export function ThreadHead({ conversation }: { conversation: InboxConversation }) {
  const app = useApp();
  const { console, view } = app;
  const { desk, me } = console;
  const { visitor } = conversation;
  const blocking = useSignal(false);
  const block = useBlock('visitor', visitor.id);
  const blockAction: MenuItem = block
    ? {
        label: gettext('Unblock this visitor'),
        icon: 'ban',
        onPick: () => unblock(app.api, block),
      }
    : {
        label: gettext('Block this visitor'),
        icon: 'ban',
        onPick: () => {
          blocking.value = true;
        },
      };
  const group = groupOf(conversation, me.value.id);
  const name = visitorName(visitor);
  const running = [...console.leads.value.values()].some(
    (lead) => lead.callback.conversationId === conversation.id && isRunning(lead.callback),
  );
  return (
    <header class="thread-head">
      <a class="icon-button only-narrow" href="#/inbox" aria-label={gettext('Back to the inbox')}>
        <Icon name="back" />
      </a>
      <Avatar name={name} id={visitor.id} online={visitor.online} />
      <div class="thread-who">
        <h2>{name}</h2>
        <p>
          {block && <span class="chip chip-missed">{gettext('Visitor is blocked')}</span>}{' '}
          {standing(conversation, group)}
        </p>
      </div>
      <div class="thread-actions">
        {console.answers && group === 'waiting' && (
          <button
            type="button"
            class="button button-primary"
            title={keysOf('claim')}
            onClick={() => attempt(() => desk.claim(conversation.id))}
          >
            <Icon name="check" size={18} /> <span>{gettext('Take')}</span>
          </button>
        )}
        {console.answers && (
          <>
            <Popover
              title={gettext('Call the visitor')}
              openerId="call-opener"
              class="button"
              name={gettext('Call the visitor')}
              disabled={running}
              label={
                <>
                  <Icon name="phone" size={18} /> <span>{gettext('Call')}</span>
                </>
              }
              onOpen={(layer) => layer.querySelector('input')?.focus()}
            >
              {(layer) => <CallForm conversation={conversation} layer={layer} />}
            </Popover>
            <Menu
              title={gettext('More actions')}
              name={gettext('More actions')}
              class="icon-button"
              label={<Icon name="more" />}
              items={[...useActions(conversation), ...(block && !block.mayRemove ? [] : [blockAction])]}
            />
            <BlockDialog open={blocking} kind="visitor" value={visitor.id} name={name} />
          </>
        )}
        <button
          type="button"
          class="icon-button only-no-pane"
          aria-label={gettext('About the visitor')}
          aria-expanded={view.paneOpen.value}
          onClick={() => {
            view.paneOpen.value = !view.paneOpen.value;
          }}
        >
          <Icon name="info" />
        </button>
      </div>
    </header>
  );
}

function standing(conversation: InboxConversation, group: string): string {
  if (group === 'waiting') return gettext('Waits for a consultant');
  if (group === 'closed') return gettext('Closed');
  if (group === 'mine') return gettext('With you');
  return gettext('with {name}', { name: conversation.assigneeName ?? gettext('A colleague') });
}

function useActions(conversation: InboxConversation): (MenuItem | string)[] {
  const app = useApp();
  const { console } = app;
  const { desk, me, people } = console;
  const items: (MenuItem | string)[] = [];
  if (conversation.status !== 'closed') {
    items.push({
      label: gettext('Close the conversation'),
      icon: 'check',
      hint: keysOf('closeAndNext'),
      onPick: () => closeAndNext(app, conversation.id),
    });
    const others = [...people.value.values()].filter(
      (one) => one.id !== conversation.assigneeId && one.role !== 'marketer' && one.active,
    );
    if (others.length > 0) items.push(gettext('Hand over to'));
    others.sort((a, b) => Number(b.online) - Number(a.online) || a.name.localeCompare(b.name));
    for (const one of others) {
      const there = one.online && one.status === 'available';
      items.push({
        label: one.id === me.value.id ? gettext('Me') : one.name,
        icon: 'transfer',
        hint: there ? gettext('available') : one.online ? gettext('away') : gettext('offline'),
        onPick: () =>
          attempt(async () => {
            await desk.transfer(conversation.id, one.id);
            say(gettext('{name} has the conversation now.', { name: one.name }));
          }),
      });
    }
    const { departments } = console;
    if (departments.value.length > 0) items.push(gettext('Hand over to a department'));
    for (const one of departments.value) {
      const name = departmentName(one);
      items.push({
        label: name,
        icon: 'people',
        onPick: () =>
          attempt(async () => {
            await desk.requeue(conversation.id, one.id);
            say(gettext('The conversation waits for {name}.', { name }));
          }),
      });
    }
    if (conversation.status === 'open') {
      items.push(gettext('Queue'), {
        label: gettext('Back to the queue'),
        icon: 'back',
        onPick: () => attempt(() => desk.requeue(conversation.id, conversation.departmentId)),
      });
    }
  }
  return items.length > 0 ? items : [gettext('The conversation is closed.')];
}

/** With a number: ring it. Without one: a line in the chat asks the visitor for it. */
function CallForm({ conversation, layer }: { conversation: InboxConversation; layer: Layer }) {
  const { console } = useApp();
  const earlier = [...console.leads.value.values()].find(
    (lead) => lead.visitorId === conversation.visitor.id,
  );
  const phone = useSignal(earlier?.phone ?? '');
  const busy = useSignal(false);
  const failure = useSignal<AskError | null>(null);
  const requestId = useSignal(console.newId());

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      const offered = await console.desk.startCall(conversation.id, phone.value.trim(), requestId.value);
      layer.hide();
      say(
        offered
          ? gettext('The visitor sees the offer and can enter a number.')
          : gettext('Your phone rings first. Press 1 to be connected.'),
      );
    } catch (thrown) {
      failure.value = toAskError(thrown);
      // Another number is another wish; only a lost answer is asked for again under the same id.
      if (!failure.value.retry) requestId.value = console.newId();
    }
    busy.value = false;
  }
  return (
    <form class="layer-form" onSubmit={submit}>
      <Field
        label={gettext('Phone number')}
        hint={gettext('Leave it empty to offer a call: the visitor is asked for a number in the chat.')}
        error={failure.value && errorText(failure.value)}
      >
        {({ id, describedBy, invalid }) => (
          <input
            id={id}
            class="input"
            type="tel"
            inputMode="tel"
            autocomplete="off"
            maxLength={64}
            placeholder="+373 22 123 456"
            aria-describedby={describedBy}
            aria-invalid={invalid}
            value={phone.value}
            onInput={(event) => {
              phone.value = event.currentTarget.value;
            }}
          />
        )}
      </Field>
      <button type="submit" class="button button-primary button-wide" disabled={busy.value}>
        {phone.value.trim() ? gettext('Call now') : gettext('Offer a call')}
      </button>
    </form>
  );
}

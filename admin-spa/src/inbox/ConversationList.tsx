import type { InboxConversation } from '../../../widget/src/shared/contracts.gen';
import { gettext, ngettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { departmentName } from '../app/departments';
import { hashOf } from '../app/route';
import { visitorName } from '../app/words';
import { Icon } from '../ui/icons';
import { Avatar, Empty, Skeleton } from '../ui/pieces';
import { shortWhen, span } from '../ui/time';
import type { Group } from './list';

export function ConversationList() {
  const { console, view } = useApp();
  const { desk } = console;
  const groups = view.groups.value;
  return (
    <section class="list-column" aria-label={gettext('Conversations')}>
      <header class="column-head">
        <p class="title" aria-hidden="true">
          {gettext('Inbox')}
        </p>
        <div class="search">
          <Icon name="search" size={18} />
          <input
            id="inbox-search"
            type="search"
            class="input"
            aria-label={gettext('Search the inbox')}
            placeholder={gettext('Search')}
            value={view.query.value}
            onInput={(event) => {
              view.query.value = event.currentTarget.value;
            }}
          />
        </div>
        <DepartmentFilter />
      </header>
      <div class="list-scroll">
        {desk.state.value === 'loading' && <Skeleton rows={6} />}
        {desk.state.value === 'ready' && groups.length === 0 && (
          <NoConversations filtered={view.query.value !== '' || view.departmentId.value !== null} />
        )}
        {groups.map(({ group, items }) => (
          <section key={group} class={`list-group list-group-${group}`} aria-label={groupText(group)}>
            <h2>
              {groupText(group)} <span class="count">{items.length}</span>
            </h2>
            <ul>
              {items.map((one) => (
                <li key={one.id}>
                  <ConversationRow conversation={one} group={group} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </section>
  );
}

function DepartmentFilter() {
  const { console, view } = useApp();
  const list = console.departments.value;
  if (list.length === 0) return null;
  return (
    <select
      class="select"
      aria-label={gettext('Department')}
      value={view.departmentId.value ?? ''}
      onChange={({ currentTarget }) => {
        view.departmentId.value = currentTarget.value || null;
      }}
    >
      <option value="">{gettext('All departments')}</option>
      {list.map((one) => (
        <option key={one.id} value={one.id}>
          {departmentName(one)}
        </option>
      ))}
    </select>
  );
}

function NoConversations({ filtered }: { filtered: boolean }) {
  const { view } = useApp();
  if (!filtered) {
    return (
      <Empty icon="inbox" title={gettext('Nobody has written yet')}>
        <p>{gettext('New conversations appear here by themselves, those that wait longest on top.')}</p>
      </Empty>
    );
  }
  return (
    <Empty icon="search" title={gettext('Nothing found')}>
      <button
        type="button"
        class="button"
        onClick={() => {
          view.query.value = '';
          view.departmentId.value = null;
        }}
      >
        {gettext('Clear the search')}
      </button>
    </Empty>
  );
}

function ConversationRow({ conversation, group }: { conversation: InboxConversation; group: Group }) {
  const { console, nowMs } = useApp();
  const { visitor, waitingSinceMs } = conversation;
  const current = console.desk.openId.value === conversation.id;
  const typing = console.desk.typing.value.some(
    (one) => one.conversationId === conversation.id && one.author.kind === 'visitor',
  );
  const waits = waitingSinceMs !== null && group !== 'closed';
  const department = console.departments.value.find((one) => one.id === conversation.departmentId);
  return (
    <a class="row" href={hashOf('inbox', conversation.id)} aria-current={current ? 'true' : undefined}>
      <Avatar name={visitorName(visitor)} id={visitor.id} online={visitor.online} />
      <span class="row-main">
        <span class="row-top">
          <strong class="row-name">{visitorName(visitor)}</strong>
          {waits ? (
            <span class={group === 'waiting' ? 'wait wait-now' : 'wait'}>
              <Icon name="clock" size={14} />
              {gettext('waits {time}', { time: span(nowMs.value - waitingSinceMs) })}
            </span>
          ) : (
            <time class="row-when">{shortWhen(conversation.updatedAtMs, nowMs.value)}</time>
          )}
        </span>
        <span class="row-bottom">
          <span class="row-text">
            {conversation.lastAuthorKind === 'consultant' && !typing && (
              <>
                <Icon name="reply" size={14} />
                <span class="sr-only">{gettext('Answered:')}</span>{' '}
              </>
            )}
            {typing ? <em>{gettext('writes…')}</em> : lastLine(conversation)}
          </span>
          {conversation.unread > 0 && (
            <span class="unread">
              <span aria-hidden="true">{conversation.unread > 99 ? '99+' : conversation.unread}</span>
              <span class="sr-only">
                {ngettext('{n} unread message', '{n} unread messages', conversation.unread)}
              </span>
            </span>
          )}
        </span>
        <span class="row-page">
          {department && <span class="chip">{departmentName(department)}</span>}{' '}
          {group === 'others' && conversation.assigneeName
            ? gettext('with {name}', { name: conversation.assigneeName })
            : visitor.online && visitor.page
              ? visitor.page.title || visitor.page.url
              : gettext('not on the site')}
        </span>
      </span>
    </a>
  );
}

function lastLine(conversation: InboxConversation): string {
  return conversation.lastText || gettext('No messages yet');
}

export function groupText(group: Group): string {
  switch (group) {
    case 'waiting':
      return gettext('Waiting');
    case 'mine':
      return gettext('Mine');
    case 'others':
      return gettext('With colleagues');
    case 'closed':
      return gettext('Closed');
  }
}

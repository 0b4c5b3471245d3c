import { useEffect } from 'preact/hooks';
import { gettext } from '../../../widget/src/shared/gettext';
import { keysOf } from '../app/commands';
import { useApp } from '../app/context';
import { Empty, Skeleton } from '../ui/pieces';
import { ConversationList } from './ConversationList';
import { ThreadView } from './ThreadView';
import { VisitorPane } from './VisitorPane';

export function InboxScreen() {
  const { console, route, view } = useApp();
  const { desk } = console;
  const { id } = route.value;
  useEffect(() => {
    desk.open(id);
    view.mode.value = 'reply';
    view.paneOpen.value = false;
  }, [id, desk]);

  if (desk.state.value === 'forbidden') {
    return (
      <Empty icon="info" title={gettext('Conversations are for consultants')}>
        <p>{gettext('Your role does not read conversations. An administrator can change that.')}</p>
      </Empty>
    );
  }
  const conversation = id === null ? undefined : desk.inbox.value.get(id);
  return (
    <div class={`inbox ${id === null ? 'inbox-list-only' : 'inbox-open'}`}>
      <ConversationList />
      {conversation ? (
        <>
          <ThreadView key={conversation.id} conversation={conversation} />
          <VisitorPane visitor={conversation.visitor} conversationId={conversation.id} />
        </>
      ) : (
        <section class="thread-column thread-none" aria-label={gettext('Conversation')}>
          {id !== null && desk.state.value === 'loading' ? (
            <Skeleton />
          ) : id !== null ? (
            <Empty icon="inbox" title={gettext('This conversation is not here any more')}>
              <a class="button" href="#/inbox">
                {gettext('Back to the inbox')}
              </a>
            </Empty>
          ) : (
            <Empty icon="inbox" title={gettext('Choose a conversation')}>
              <p class="hints">
                <kbd>{keysOf('next')}</kbd> <kbd>{keysOf('previous')}</kbd> {gettext('move through the list')}
                <br />
                <kbd>{keysOf('palette')}</kbd> {gettext('all commands')} <kbd>{keysOf('sheet')}</kbd>{' '}
                {gettext('all keys')}
              </p>
            </Empty>
          )}
        </section>
      )}
    </div>
  );
}

import type { VisitorCard } from '../../../widget/src/shared/contracts.gen';
import { gettext, ngettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { hashOf } from '../app/route';
import { visitorName } from '../app/words';
import { SurveyAnswers } from '../inbox/SurveyAnswers';
import { Facts, Trail } from '../inbox/VisitorPane';
import { VisitorData } from '../privacy/VisitorData';
import { Icon } from '../ui/icons';
import { Avatar, Empty, Skeleton } from '../ui/pieces';
import { span } from '../ui/time';

/** Who is on the sites right now; the newest arrival first. */
export function VisitorsScreen() {
  const { console, route, nowMs } = useApp();
  const { id } = route.value;
  const state = console.visitorsState.value;
  const visitors = [...console.visitors.value.values()].sort((a, b) => arrivedAtMs(b) - arrivedAtMs(a));
  const chosen = id === null ? undefined : console.visitors.value.get(id);
  if (state === 'forbidden') {
    return (
      <Empty icon="people" title={gettext('The list of visitors is not for your role')}>
        <p>{gettext('An administrator can change that.')}</p>
      </Empty>
    );
  }
  return (
    <div class={`split ${id === null ? 'split-list-only' : 'split-open'}`}>
      <section class="list-column" aria-label={gettext('Visitors')}>
        <header class="column-head">
          <p class="title" aria-hidden="true">
            {gettext('Visitors')}
          </p>
          <p class="muted">{ngettext('{n} on the site now', '{n} on the site now', visitors.length)}</p>
        </header>
        <div class="list-scroll">
          {state === 'loading' && <Skeleton rows={6} />}
          {state === 'ready' && visitors.length === 0 && (
            <Empty icon="people" title={gettext('Nobody is on the site')}>
              <p>{gettext('Visitors appear here while a page with the widget is open.')}</p>
            </Empty>
          )}
          <ul>
            {visitors.map((visitor) => (
              <li key={visitor.id}>
                <VisitorRow visitor={visitor} current={visitor.id === id} nowMs={nowMs.value} />
              </li>
            ))}
          </ul>
        </div>
      </section>
      <section class="detail-column" aria-label={gettext('About the visitor')}>
        {chosen ? (
          <VisitorDetail visitor={chosen} />
        ) : (
          <Empty
            icon="people"
            title={id === null ? gettext('Choose a visitor') : gettext('This visitor has left the site')}
          >
            <p>{gettext('You see the page and the way there, live.')}</p>
          </Empty>
        )}
      </section>
    </div>
  );
}

function arrivedAtMs(visitor: VisitorCard): number {
  return visitor.trail[0]?.atMs ?? visitor.lastSeenAtMs;
}

function VisitorRow({ visitor, current, nowMs }: { visitor: VisitorCard; current: boolean; nowMs: number }) {
  return (
    <a class="row" href={hashOf('visitors', visitor.id)} aria-current={current ? 'true' : undefined}>
      <Avatar name={visitorName(visitor)} id={visitor.id} online={visitor.online} />
      <span class="row-main">
        <span class="row-top">
          <strong class="row-name">{visitorName(visitor)}</strong>
          <span class="row-when">{span(nowMs - arrivedAtMs(visitor))}</span>
        </span>
        <span class="row-bottom">
          <span class="row-text">{visitor.page ? visitor.page.title || visitor.page.url : '…'}</span>
        </span>
        <span class="row-page">
          {ngettext('{n} page', '{n} pages', visitor.trail.length)}
          {visitor.conversationId !== null && <> · {gettext('in a conversation')}</>}
        </span>
      </span>
    </a>
  );
}

function VisitorDetail({ visitor }: { visitor: VisitorCard }) {
  return (
    <article class="lead">
      <header class="lead-head">
        <a class="icon-button only-narrow" href="#/visitors" aria-label={gettext('Back to the visitors')}>
          <Icon name="back" />
        </a>
        <Avatar name={visitorName(visitor)} id={visitor.id} online={visitor.online} />
        <div class="thread-who">
          <h2>{visitorName(visitor)}</h2>
          <p>{visitor.online ? gettext('On the site now') : gettext('Left the site')}</p>
        </div>
        {visitor.conversationId !== null && (
          <a class="button" href={hashOf('inbox', visitor.conversationId)}>
            {gettext('Open the conversation')}
          </a>
        )}
      </header>
      <div class="lead-body">
        <Trail visitor={visitor} limit={50} />
        <SurveyAnswers key={visitor.id} visitorId={visitor.id} />
        <Facts visitor={visitor} />
        <VisitorData key={visitor.id} visitor={visitor} />
      </div>
    </article>
  );
}

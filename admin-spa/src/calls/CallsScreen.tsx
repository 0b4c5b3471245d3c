import { useEffect } from 'preact/hooks';
import { whenText } from '../../../widget/src/shared/clock';
import type { Lead } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { attempt } from '../app/commands';
import { useApp } from '../app/context';
import { hashOf } from '../app/route';
import { leadName } from '../app/words';
import { BlockNumber } from '../blocking/BlockDialog';
import { Icon } from '../ui/icons';
import { Avatar, Empty, SafeLink, Skeleton } from '../ui/pieces';
import { exactWhen, shortWhen, talkTime } from '../ui/time';
import { isRunning, orderedLeads } from './leads';
import { StateChip, Steps } from './Steps';

export function CallsScreen() {
  const { console, route } = useApp();
  const { id } = route.value;
  const leads = orderedLeads(console.leads.value);
  const lead = id === null ? undefined : console.leads.value.get(id);
  useEffect(() => {
    if (id !== null) console.seenLead(id);
  }, [id, console]);

  if (console.leadsState.value === 'forbidden') {
    return (
      <Empty icon="phone" title={gettext('Calls are not for your role')}>
        <p>{gettext('An administrator can change that.')}</p>
      </Empty>
    );
  }
  return (
    <div class={`split ${id === null ? 'split-list-only' : 'split-open'}`}>
      <section class="list-column" aria-label={gettext('Calls')}>
        <header class="column-head">
          <p class="title" aria-hidden="true">
            {gettext('Calls')}
          </p>
        </header>
        <div class="list-scroll">
          {console.leadsState.value === 'loading' && <Skeleton rows={6} />}
          {console.leadsState.value === 'ready' && leads.length === 0 && (
            <Empty icon="phone" title={gettext('No calls yet')}>
              <p>{gettext('Every request for a call is kept here, also when nobody could take it.')}</p>
            </Empty>
          )}
          <ul>
            {leads.map((one) => (
              <li key={one.callback.id}>
                <LeadRow lead={one} current={one.callback.id === id} />
              </li>
            ))}
          </ul>
        </div>
      </section>
      <section class="detail-column" aria-label={gettext('Call')}>
        {lead ? (
          <LeadDetail lead={lead} />
        ) : (
          <Empty
            icon="phone"
            title={id === null ? gettext('Choose a call') : gettext('This call is not here any more')}
          >
            <p>{gettext('Every attempt is listed: who was rung, when, and what came of it.')}</p>
          </Empty>
        )}
      </section>
    </div>
  );
}

function LeadRow({ lead, current }: { lead: Lead; current: boolean }) {
  const { console, nowMs } = useApp();
  const { callback } = lead;
  const name = leadName(lead, console.visitorOf(lead.visitorId));
  const about = lead.topic ?? lead.page?.title;
  const fresh = console.freshLeads.value.has(callback.id);
  return (
    <a class="row" href={hashOf('calls', callback.id)} aria-current={current ? 'true' : undefined}>
      <Avatar name={name} id={lead.visitorId} />
      <span class="row-main">
        <span class="row-top">
          <strong class="row-name">
            <bdi>{name}</bdi>
          </strong>
          <time class="row-when">{shortWhen(callback.createdAtMs, nowMs.value)}</time>
        </span>
        <span class="row-bottom">
          <StateChip state={callback.state} />
          {fresh && (
            <span class="unread">
              <span>{gettext('new')}</span>
            </span>
          )}
        </span>
        <span class="row-page">
          {name !== lead.phone && <bdi>{lead.phone}</bdi>}
          {name !== lead.phone && about && ' · '}
          {about}
        </span>
      </span>
    </a>
  );
}

function LeadDetail({ lead }: { lead: Lead }) {
  const { console, nowMs } = useApp();
  const { callback } = lead;
  const visitor = console.visitorOf(lead.visitorId);
  const name = leadName(lead, visitor);
  const facts: [string, string | null][] = [
    [gettext('Topic'), lead.topic],
    [gettext('Requested'), exactWhen(callback.createdAtMs)],
    [
      gettext('Next try'),
      callback.opensAtMs !== null && isRunning(callback) ? whenText(callback.opensAtMs, nowMs.value) : null,
    ],
    [gettext('Talked for'), callback.durationS ? talkTime(callback.durationS) : null],
  ];
  return (
    <article class="lead">
      <header class="lead-head">
        <a class="icon-button only-narrow" href="#/calls" aria-label={gettext('Back to the calls')}>
          <Icon name="back" />
        </a>
        <Avatar name={name} id={lead.visitorId} online={visitor?.online} />
        <div class="thread-who">
          <h2>
            <bdi>{name}</bdi>
          </h2>
          <p>
            <a href={`tel:${lead.phone}`} class="phone">
              {name === lead.phone ? gettext('Call back yourself') : <bdi>{lead.phone}</bdi>}
            </a>
          </p>
        </div>
        {console.answers && <BlockNumber phone={lead.phone} />}
        <StateChip state={callback.state} />
        {console.answers && isRunning(callback) && (
          <button
            type="button"
            class="button button-danger"
            onClick={() => attempt(() => console.cancelCall(callback.id))}
          >
            {gettext('Cancel the call')}
          </button>
        )}
      </header>
      <div class="lead-body">
        <section>
          <h3>{gettext('What happened')}</h3>
          <Steps callback={callback} />
        </section>
        <section>
          <h3>{gettext('Details')}</h3>
          <dl class="facts">
            {facts.map(([label, value]) =>
              value ? (
                <div key={label}>
                  <dt>{label}</dt>
                  <dd dir="auto">{value}</dd>
                </div>
              ) : null,
            )}
            {lead.page && (
              <div>
                <dt>{gettext('Page')}</dt>
                <dd>
                  <SafeLink url={lead.page.url}>{lead.page.title || lead.page.url}</SafeLink>
                </dd>
              </div>
            )}
            {callback.conversationId !== null && (
              <div>
                <dt>{gettext('Chat')}</dt>
                <dd>
                  <a href={hashOf('inbox', callback.conversationId)}>{gettext('Open the conversation')}</a>
                </dd>
              </div>
            )}
          </dl>
        </section>
      </div>
    </article>
  );
}

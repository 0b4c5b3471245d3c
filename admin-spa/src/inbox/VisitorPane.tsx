import { timeText } from '../../../widget/src/shared/clock';
import type { VisitorCard } from '../../../widget/src/shared/contracts.gen';
import { gettext, ngettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { hashOf } from '../app/route';
import { visitorName } from '../app/words';
import { orderedLeads } from '../calls/leads';
import { StateChip } from '../calls/Steps';
import { VisitorData } from '../privacy/VisitorData';
import { Icon } from '../ui/icons';
import { Avatar, SafeLink } from '../ui/pieces';
import { exactWhen, nameOf, shortWhen, span, timeIn } from '../ui/time';
import { SurveyAnswers } from './SurveyAnswers';

/** Who the visitor is, where they are on the site now, and how they came. */
export function VisitorPane({ visitor, conversationId }: { visitor: VisitorCard; conversationId: string }) {
  const { console, view } = useApp();
  const live = console.visitors.value.get(visitor.id) ?? visitor;
  const leads = orderedLeads(console.leads.value).filter((one) => one.visitorId === visitor.id);
  return (
    <aside class={view.paneOpen.value ? 'pane pane-open' : 'pane'} aria-label={gettext('About the visitor')}>
      <header class="pane-head">
        <Avatar name={visitorName(live)} id={live.id} online={live.online} />
        <div>
          <h2>{visitorName(live)}</h2>
          <p>{live.online ? gettext('On the site now') : gettext('Left the site')}</p>
        </div>
        <button
          type="button"
          class="icon-button only-no-pane"
          aria-label={gettext('Close')}
          onClick={() => {
            view.paneOpen.value = false;
          }}
        >
          <Icon name="close" />
        </button>
      </header>
      <div class="pane-scroll">
        <Trail visitor={live} />
        <SurveyAnswers key={live.id} visitorId={live.id} />
        <Facts visitor={live} />
        {leads.length > 0 && (
          <section>
            <h3>{gettext('Calls')}</h3>
            <ul class="pane-calls">
              {leads.slice(0, 8).map((lead) => (
                <li key={lead.callback.id}>
                  <a href={hashOf('calls', lead.callback.id)}>
                    <bdi>{lead.phone}</bdi>
                  </a>
                  <time>{shortWhen(lead.callback.createdAtMs, console.now())}</time>
                  <StateChip state={lead.callback.state} />
                </li>
              ))}
            </ul>
          </section>
        )}
        <VisitorData key={live.id} visitor={live} />
        {live.conversationId !== null && live.conversationId !== conversationId && (
          <a href={hashOf('inbox', live.conversationId)}>{gettext('Their current conversation')}</a>
        )}
      </div>
    </aside>
  );
}

export function Trail({ visitor, limit = 12 }: { visitor: VisitorCard; limit?: number }) {
  const { nowMs } = useApp();
  const trail = [...visitor.trail].reverse();
  if (trail.length === 0) return <p class="muted">{gettext('No pages are known.')}</p>;
  return (
    <section>
      <h3>{gettext('Pages')}</h3>
      <ol class="trail">
        {trail.slice(0, limit).map((page, at) => (
          <li key={`${page.atMs}-${page.url}`} class={at === 0 && visitor.online ? 'trail-now' : ''}>
            <SafeLink url={page.url}>{page.title || page.url}</SafeLink>
            <small>
              {at === 0 && visitor.online
                ? gettext('for {time}', { time: span(nowMs.value - page.atMs) })
                : timeText(page.atMs)}
              {' · '}
              <span class="trail-path">{pathOf(page.url)}</span>
            </small>
          </li>
        ))}
      </ol>
      {trail.length > limit && (
        <p class="muted">{ngettext('and {n} page before', 'and {n} pages before', trail.length - limit)}</p>
      )}
    </section>
  );
}

export function Facts({ visitor }: { visitor: VisitorCard }) {
  const { nowMs } = useApp();
  const { attribution } = visitor;
  const time = timeIn(visitor.timeZone, nowMs.value);
  const came = attribution && [attribution.source, attribution.medium].filter(Boolean).join(' / ');
  const facts: [string, string | null | undefined][] = [
    [gettext('Language'), visitor.locale && nameOf('language', visitor.locale)],
    [gettext('Local time'), time && `${time} · ${visitor.timeZone}`],
    [gettext('Visits'), visitor.visits > 0 ? String(visitor.visits) : null],
    [gettext('First seen'), visitor.firstSeenAtMs > 0 ? exactWhen(visitor.firstSeenAtMs) : null],
    [gettext('Came from'), came],
    [gettext('Campaign'), attribution?.campaign],
    [gettext('Search words'), attribution?.term],
    [gettext('Referrer'), attribution?.referrer],
    [gettext('First page'), attribution?.landingUrl && pathOf(attribution.landingUrl)],
  ];
  return (
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
      </dl>
    </section>
  );
}

function pathOf(url: string): string {
  try {
    const { pathname, search } = new URL(url);
    return decodeURI(pathname) + search;
  } catch {
    return url;
  }
}

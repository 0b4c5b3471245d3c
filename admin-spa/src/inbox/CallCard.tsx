import { gettext } from '../../../widget/src/shared/gettext';
import { attempt } from '../app/commands';
import { useApp } from '../app/context';
import { hashOf } from '../app/route';
import { BlockNumber } from '../blocking/BlockDialog';
import { isRunning, orderedLeads } from '../calls/leads';
import { StateChip, Steps } from '../calls/Steps';
import { Icon } from '../ui/icons';

/** The call that grows out of this conversation, step by step while it runs. */
export function CallCard({ conversationId }: { conversationId: string }) {
  const { console } = useApp();
  const lead = orderedLeads(console.leads.value).find(
    (one) => one.callback.conversationId === conversationId && isRunning(one.callback),
  );
  if (!lead) return null;
  const { callback } = lead;
  return (
    <section class="call-card" aria-label={gettext('Call')} aria-live="polite">
      <header>
        <Icon name="phone" />
        <strong>
          <bdi>{lead.phone}</bdi>
        </strong>
        <StateChip state={callback.state} />
        <a href={hashOf('calls', callback.id)}>{gettext('Details')}</a>
        {console.answers && (
          <button
            type="button"
            class="button button-small button-danger"
            onClick={() => attempt(() => console.cancelCall(callback.id))}
          >
            {gettext('Cancel the call')}
          </button>
        )}
        {console.answers && <BlockNumber phone={lead.phone} />}
      </header>
      <Steps callback={callback} lastOnly={4} />
    </section>
  );
}

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { LoggedDecision } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { hashOf } from '../app/route';
import { Failed } from '../app/site';
import { visitorName } from '../app/words';
import { SelectInput } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { Empty, SafeLink, Skeleton } from '../ui/pieces';
import { exactWhen, shortWhen } from '../ui/time';
import type { Rules } from './rules';
import { reasonText } from './words';

type Only = 'all' | 'shown' | 'withheld';

/** The newest decisions: what was shown, what was withheld, and the one reason of each. */
export function Decisions({ rules, ruleId }: { rules: Rules; ruleId?: string }) {
  const only = useSignal<Only>('all');
  useEffect(() => void rules.loadDecisions(), [rules]);
  const all = rules.decisions.value?.filter((one) => ruleId === undefined || one.ruleId === ruleId);
  if (!all) {
    const { value: failure } = rules.failure;
    if (failure) return <Failed failure={failure} again={() => void rules.loadDecisions()} />;
    return <Skeleton rows={4} />;
  }
  if (all.length === 0) {
    return (
      <Empty icon="clock" title={gettext('Nothing was decided yet')}>
        <p>
          {gettext(
            'Whenever the condition of a live rule is met, one line appears here: shown, or withheld and why.',
          )}
        </p>
        <button type="button" class="button" onClick={() => void rules.loadDecisions()}>
          {gettext('Load the newest')}
        </button>
      </Empty>
    );
  }
  const list = all.filter((one) => only.value === 'all' || one.shown === (only.value === 'shown'));
  return (
    <>
      <div class="toolbar">
        <SelectInput
          label={gettext('Show')}
          class="field-inline"
          value={only.value}
          options={[
            { value: 'all', label: gettext('All decisions') },
            { value: 'shown', label: gettext('Shown to visitors') },
            { value: 'withheld', label: gettext('Withheld') },
          ]}
          onChange={(value) => {
            only.value = value;
          }}
        />
        <button type="button" class="button" onClick={() => void rules.loadDecisions()}>
          {gettext('Load the newest')}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keys */}
      <section class="table-scroll" tabIndex={0} aria-label={gettext('What was decided')}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{gettext('When')}</th>
              <th scope="col">{gettext('Decision')}</th>
              {ruleId === undefined && <th scope="col">{gettext('Rule')}</th>}
              <th scope="col">{gettext('Visitor')}</th>
              <th scope="col">{gettext('Page')}</th>
            </tr>
          </thead>
          <tbody>
            {list.map((one) => (
              <Line key={one.id} decision={one} named={ruleId === undefined} />
            ))}
          </tbody>
        </table>
        {list.length === 0 && <p class="muted table-none">{gettext('None of these.')}</p>}
      </section>
    </>
  );
}

function Line({ decision, named }: { decision: LoggedDecision; named: boolean }) {
  const { console, nowMs } = useApp();
  const visitor = console.visitorOf(decision.visitorId);
  return (
    <tr>
      <td>
        <time title={exactWhen(decision.atMs)}>{shortWhen(decision.atMs, nowMs.value)}</time>
      </td>
      <td>
        <span class={decision.shown ? 'chip chip-done' : 'chip'}>
          <Icon name={decision.shown ? 'check' : 'close'} size={14} />
          {decision.shown ? gettext('Shown') : gettext('Withheld')}
        </span>
        {!decision.shown && <small class="cell-more">{reasonText(decision.code)}</small>}
      </td>
      {named && (
        <td>
          <a href={hashOf('campaigns', decision.ruleId)} dir="auto">
            {decision.ruleName}
          </a>
        </td>
      )}
      <td>
        {visitor ? (
          <a href={hashOf('visitors', visitor.id)}>{visitorName(visitor)}</a>
        ) : (
          <span class="muted">{gettext('not on the site now')}</span>
        )}
      </td>
      <td class="cell-long">
        <SafeLink url={decision.url}>{pathOf(decision.url)}</SafeLink>
      </td>
    </tr>
  );
}

function pathOf(url: string): string {
  try {
    const { pathname, search } = new URL(url);
    return pathname + search;
  } catch {
    return url;
  }
}

import type { RuleCounts, TriggerRule } from '../../../widget/src/shared/contracts.gen';
import { currentLocale, gettext } from '../../../widget/src/shared/gettext';
import { hashOf } from '../app/route';
import { Icon } from '../ui/icons';
import { Empty } from '../ui/pieces';
import type { Rules } from './rules';
import { ruleSentence } from './sentence';
import { statusText } from './words';

export function RuleList({ rules, mayChange }: { rules: Rules; mayChange: boolean }) {
  const list = rules.ordered.value;
  const off = rules.budget.value?.enabled === false;
  return (
    <>
      {off && (
        <div class="alert alert-warn" role="status">
          <Icon name="warn" />
          <p>
            {gettext('Invitations are switched off on this site: nothing is shown.')}{' '}
            <a href={hashOf('campaigns', 'limits')}>{gettext('Open the limits')}</a>
          </p>
        </div>
      )}
      {list.length === 0 ? (
        <Empty icon="megaphone" title={gettext('No rules yet')}>
          <p>
            {gettext(
              'A rule says when a visitor is invited, and to what: to chat, to be called back, to answer one question. Nobody sees it before you publish it.',
            )}
          </p>
          {mayChange && (
            <a class="button button-primary" href={hashOf('campaigns', 'new')}>
              {gettext('Choose a template')}
            </a>
          )}
        </Empty>
      ) : (
        <ul class="cards">
          {list.map((rule) => (
            <li key={rule.id}>
              <RuleCard rule={rule} unsaved={rules.unsaved.value.has(rule.id)} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function RuleCard({ rule, unsaved }: { rule: TriggerRule; unsaved: boolean }) {
  const content = rule.status === 'live' ? (rule.live ?? rule.draft) : rule.draft;
  return (
    <a class="card" href={hashOf('campaigns', rule.id)}>
      <span class="card-top">
        <strong dir="auto">{content.name}</strong>
        <StatusChip rule={rule} />
        {rule.status === 'live' && rule.hasChanges && (
          <span class="chip">{gettext('Draft not published')}</span>
        )}
        {unsaved && <span class="chip chip-warn">{gettext('Not saved')}</span>}
      </span>
      <span class="card-text">{ruleSentence(content)}</span>
      <Counts counts={rule.counts} />
    </a>
  );
}

export function StatusChip({ rule }: { rule: TriggerRule }) {
  return (
    <span class={rule.status === 'live' ? 'chip chip-done' : 'chip'}>
      {rule.status === 'live' && <Icon name="check" size={14} />}
      {statusText(rule.status)}
    </span>
  );
}

/** Only what happened; a rule that has never shown has no rate. */
export function Counts({ counts }: { counts: RuleCounts }) {
  if (counts.shown === 0) return <span class="muted">{gettext('Not shown to anybody yet')}</span>;
  const number = new Intl.NumberFormat(currentLocale());
  const share = new Intl.NumberFormat(currentLocale(), { style: 'percent', maximumFractionDigits: 1 });
  const figures: [string, string][] = [
    [gettext('Shown'), number.format(counts.shown)],
    [gettext('Accepted'), number.format(counts.accepted)],
    [gettext('Dismissed'), number.format(counts.dismissed)],
    [gettext('Accepted of shown'), share.format(counts.accepted / counts.shown)],
  ];
  return (
    <span class="figures">
      {figures.map(([label, value]) => (
        <span key={label}>
          <b>{value}</b> {label}
        </span>
      ))}
    </span>
  );
}

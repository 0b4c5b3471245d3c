// Campaigns: the rules by which visitors are invited, why they showed or not, and the limit of all of them together.
import { useEffect } from 'preact/hooks';
import type { SiteSummary } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { hashOf } from '../app/route';
import { Failed, OneSite } from '../app/site';
import { keptPerSite } from '../app/unsaved';
import { Icon } from '../ui/icons';
import { Skeleton } from '../ui/pieces';
import { BudgetForm } from './BudgetForm';
import { Decisions } from './Decisions';
import { NewRule } from './NewRule';
import { RuleEditor } from './RuleEditor';
import { RuleList } from './RuleList';
import { openRules } from './rules';
import '../ui/pages.css';
import './triggers.css';

const useRules = keptPerSite((call, siteId) => {
  const later = (run: () => void, inMs: number) => void setTimeout(run, inMs);
  return openRules({ call, siteId, later });
});

export function CampaignsScreen() {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keys
    <section class="page-scroll" tabIndex={0} aria-label={gettext('Campaigns')}>
      <div class="page">
        <OneSite>{(site) => <OfSite key={site.id} site={site} />}</OneSite>
      </div>
    </section>
  );
}

function OfSite({ site }: { site: SiteSummary }) {
  const { route, console } = useApp();
  const rules = useRules(site);
  const id = route.value.screen === 'campaigns' ? route.value.id : null;
  const mayChange = ['marketer', 'admin'].includes(console.me.value.role);
  useEffect(() => {
    void rules.loadRules();
    // Counts move while visitors come: every look at the list asks again.
  }, [rules, id === null]);

  if (rules.failure.value && !rules.rules.value) {
    return <Failed failure={rules.failure.value} again={() => void rules.loadRules()} />;
  }
  if (!rules.rules.value) return <Skeleton rows={5} />;
  switch (id) {
    case null:
    case 'decisions':
    case 'limits':
      return (
        <>
          <PageHead part={id} mayChange={mayChange} />
          {id === null && <RuleList rules={rules} mayChange={mayChange} />}
          {id === 'decisions' && <Decisions rules={rules} />}
          {id === 'limits' && <BudgetForm rules={rules} mayChange={mayChange} />}
        </>
      );
    case 'new':
      return <NewRule rules={rules} />;
    default:
      return <RuleEditor key={id} rules={rules} siteKey={site.key} id={id} mayChange={mayChange} />;
  }
}

function PageHead({ part, mayChange }: { part: string | null; mayChange: boolean }) {
  const tabs: [string | null, string][] = [
    [null, gettext('Rules')],
    ['decisions', gettext('What was decided')],
    ['limits', gettext('Limits')],
  ];
  return (
    <header class="page-head">
      <p class="title" aria-hidden="true">
        {gettext('Campaigns')}
      </p>
      {mayChange && (
        <a class="button button-primary" href={hashOf('campaigns', 'new')}>
          <Icon name="plus" size={18} /> {gettext('New rule')}
        </a>
      )}
      <nav class="tabs" aria-label={gettext('Campaigns')}>
        {tabs.map(([id, label]) => (
          <a key={label} href={hashOf('campaigns', id)} aria-current={id === part ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
    </header>
  );
}

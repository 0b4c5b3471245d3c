// Reports: what happened in a period, by day, page and source. Every number is counted from stored events.
import { type Signal, signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ReportNumbers, ReportSummary, SiteSummary } from '../../../widget/src/shared/contracts.gen';
import { type AskError, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { chosenRange, localZone, type Period, PeriodFields, periodOf } from '../app/period';
import { hashOf } from '../app/route';
import { Failed, OneSite } from '../app/site';
import { numberText, Trend } from '../ui/Charts';
import { SelectInput } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { Empty, Skeleton } from '../ui/pieces';
import { COUNTED, type Counted, countedText, isEmpty, sourceText, tiles } from './numbers';
import '../ui/pages.css';
import '../ui/charts.css';

export function ReportsScreen() {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keys
    <section class="page-scroll" tabIndex={0} aria-label={gettext('Reports')}>
      <div class="page">
        <header class="page-head">
          <p class="title" aria-hidden="true">
            {gettext('Reports')}
          </p>
        </header>
        <OneSite>{(site) => <OfSite key={site.id} site={site} />}</OneSite>
      </div>
    </section>
  );
}

const query = (site: SiteSummary, { fromMs, toMs, timeZone }: Period): string =>
  new URLSearchParams({ siteId: site.id, fromMs: String(fromMs), toMs: String(toMs), timeZone }).toString();

/** The number whose days are drawn: the same after a look at another screen. */
const shown: Signal<Counted> = signal('visits');

function OfSite({ site }: { site: SiteSummary }) {
  const { api, nowMs } = useApp();
  const summary = useSignal<ReportSummary | null>(null);
  const failure = useSignal<AskError | null>(null);
  const busy = useSignal(false);
  const latest = useRef<string | null>(null);
  const period = periodOf(chosenRange.value, localZone());
  const asked = period && query(site, period);
  async function load(): Promise<void> {
    if (!asked) return;
    busy.value = true;
    failure.value = null;
    try {
      const found = (await api.call('GET', `/reports/summary?${asked}`)) as ReportSummary;
      // A slow answer to an older question is dropped.
      if (latest.current === asked) summary.value = found;
    } catch (thrown) {
      if (latest.current === asked) failure.value = toAskError(thrown);
    } finally {
      if (latest.current === asked) busy.value = false;
    }
  }
  useEffect(() => {
    latest.current = asked;
    void load();
  }, [asked]);
  const found = summary.value;
  return (
    <div class="stack" aria-busy={busy.value}>
      <div class="toolbar">
        <PeriodFields range={chosenRange} nowMs={nowMs.value} />
      </div>
      {failure.value && <Failed failure={failure.value} again={() => void load()} />}
      {!found && !failure.value && <Skeleton rows={6} />}
      {found && !failure.value && <Summary found={found} asked={asked ?? ''} />}
    </div>
  );
}

/** "https://shop.example" where all pages are of one site: saying it in each row would leave no room for the rest. */
function sharedOrigin(pages: readonly string[]): string {
  const origins = new Set(pages.filter(Boolean).map((page) => /^https?:\/\/[^/]+/.exec(page)?.[0] ?? ''));
  return origins.size === 1 ? ([...origins][0] ?? '') : '';
}

function Summary({ found, asked }: { found: ReportSummary; asked: string }) {
  const shared = sharedOrigin(found.byPage.map((one) => one.page));
  if (isEmpty(found.totals)) {
    return (
      <Empty icon="chart" title={gettext('Nothing happened in this period')}>
        <p>{gettext('Numbers appear with the first visit. Is the snippet on your pages?')}</p>
        <a class="button" href={hashOf('settings', 'install')}>
          {gettext('Check the installation')}
        </a>
      </Empty>
    );
  }
  const name = countedText(shown.value);
  return (
    <>
      {!found.complete && (
        <div class="alert alert-warn" role="status">
          <Icon name="warn" />
          <p>
            {gettext('This period holds more than is read at once. Choose a shorter one for exact numbers.')}
          </p>
        </div>
      )}
      <dl class="tiles">
        {tiles(found.totals).map((tile) => (
          <div class="tile" key={tile.label}>
            <dt>{tile.label}</dt>
            <dd>{tile.value}</dd>
            {tile.more && <dd class="tile-more">{tile.more}</dd>}
          </div>
        ))}
      </dl>
      <section class="panel">
        <div class="toolbar">
          <SelectInput
            label={gettext('By day')}
            class="field-inline"
            value={shown.value}
            options={COUNTED.map((value) => ({ value, label: countedText(value) }))}
            onChange={(value) => {
              shown.value = value;
            }}
          />
          <Csv name="days" asked={asked} />
        </div>
        <Trend
          name={name}
          unit={name}
          days={found.byDay.map((one) => one.day)}
          values={found.byDay.map((one) => one.numbers[shown.value])}
        />
      </section>
      <Lines
        title={gettext('By landing page')}
        first={gettext('Page')}
        csv={<Csv name="pages" asked={asked} />}
        lines={found.byPage.map((one) => ({
          label: one.page ? one.page.slice(shared.length) : gettext('Not known'),
          numbers: one.numbers,
        }))}
      />
      <Lines
        title={gettext('By source')}
        first={gettext('Source')}
        csv={<Csv name="sources" asked={asked} />}
        lines={found.bySource.map((one) => ({ label: sourceText(one), numbers: one.numbers }))}
      />
    </>
  );
}

function Csv({ name, asked }: { name: 'days' | 'pages' | 'sources'; asked: string }) {
  return (
    <a class="button button-small" href={`/api/v1/reports/${name}.csv?${asked}`} download>
      {gettext('Download as CSV')}
    </a>
  );
}

const SHORT = 10;
const COLUMNS: readonly Counted[] = [
  'visits',
  'invitationsShown',
  'invitationsAccepted',
  'chats',
  'callbacksRequested',
  'callbacksConnected',
  'surveyAnswers',
];

function Lines(props: {
  title: string;
  first: string;
  csv: ComponentChildren;
  lines: readonly { label: string; numbers: ReportNumbers }[];
}) {
  const all = useSignal(false);
  const { title, lines } = props;
  const list = all.value ? lines : lines.slice(0, SHORT);
  return (
    <section class="stack-s">
      <div class="toolbar">
        <h2>{title}</h2>
        {props.csv}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keys */}
      <section class="table-scroll" tabIndex={0} aria-label={title}>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{props.first}</th>
              {COLUMNS.map((name) => (
                <th scope="col" class="number" key={name}>
                  {countedText(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {list.map(({ label, numbers }) => (
              <tr key={label}>
                <th scope="row" class="cell-long" dir="auto">
                  {label}
                </th>
                {COLUMNS.map((name) => (
                  <td class="number" key={name}>
                    {numberText(numbers[name])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {lines.length === 0 && <p class="muted table-none">{gettext('Nothing yet.')}</p>}
      </section>
      {lines.length > SHORT && !all.value && (
        <div>
          <button
            type="button"
            class="button button-small"
            onClick={() => {
              all.value = true;
            }}
          >
            {gettext('Show all {n}', { n: lines.length })}
          </button>
        </div>
      )}
    </section>
  );
}

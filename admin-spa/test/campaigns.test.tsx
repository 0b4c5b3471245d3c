// @vitest-environment jsdom
import { signal } from '@preact/signals';
import axe from 'axe-core';
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, test } from 'vitest';
import templates from '../../server/triggers/templates.json';
import { AskError } from '../../widget/src/shared/errors';
import type { Api } from '../src/app/api';
import { openConsole } from '../src/app/console';
import { type App, AppContext } from '../src/app/context';
import { openPrefs } from '../src/app/prefs';
import { parseRoute, type Route } from '../src/app/route';
import { openSession } from '../src/app/session';
import { openInboxView } from '../src/inbox/view';
import { ReportsScreen } from '../src/reports/ReportsScreen';
import { SurveysScreen } from '../src/surveys/SurveysScreen';
import { CampaignsScreen } from '../src/triggers/CampaignsScreen';
import { ANNA, ruleOf, siteConfig, T0 } from './builders';
import { FakeLink, settled } from './fakeLink';

let place: HTMLElement;
const route = signal<Route>(parseRoute(''));
type Answer = (method: string, path: string, body: unknown) => unknown;

beforeEach(() => {
  place = document.body.appendChild(document.createElement('div'));
});
afterEach(() => {
  render(null, place);
  place.remove();
});

const BUDGET = { enabled: true, perVisit: 1, perDay: 2, perVisitor: null };
const DECISION = {
  id: 'd1',
  atMs: T0,
  visitorId: 'v9',
  visitId: 'w1',
  ruleId: 'r1',
  ruleName: 'Help with choosing',
  shown: false,
  code: 'capped_day',
  url: 'javascript:alert(1)',
};

async function show(
  hash: string,
  Screen: typeof CampaignsScreen,
  answer: Answer,
  role: 'marketer' | 'consultant' = 'marketer',
) {
  const api = {
    call: async (method: string, path: string, body?: unknown) => {
      const found = answer(method, path, body);
      if (found === undefined) throw new AskError('not_found');
      return found;
    },
    sites: async () => [{ id: 's1', key: 'k', name: 'Shop', origins: [] }],
  } as unknown as Api;
  const console = openConsole({
    link: new FakeLink(),
    person: { ...ANNA, role },
    attention: signal(true),
    outbox: { load: () => [], save: () => undefined },
    now: () => T0,
    newId: () => '0a1b2c3d-0000',
    later: () => undefined,
    ring: () => undefined,
    notify: () => undefined,
    handed: () => undefined,
  });
  route.value = parseRoute(hash);
  const app: App = {
    console,
    session: openSession(api, () => console),
    api,
    prefs: openPrefs('en', () => new Map() as unknown as Storage),
    speaker: {
      unlocked: signal(true),
      probe: () => undefined,
      play: () => undefined,
      unlock: async () => undefined,
    },
    route,
    view: openInboxView(console),
    nowMs: signal(T0),
    sheetOpen: signal(false),
    paletteOpen: signal(false),
    go: (screen, id = null) => {
      route.value = { screen, id };
    },
  };
  await act(async () => {
    render(
      <AppContext.Provider value={app}>
        <Screen />
      </AppContext.Provider>,
      place,
    );
    await settled();
  });
  // What is drawn asks, and what came is drawn: as often as a screen needs.
  for (let turn = 0; turn < 6; turn += 1) await act(async () => settled());
}

async function violations(): Promise<string[]> {
  const { violations } = await axe.run(place, {
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  });
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`);
}

const rulesServer: Answer = (_method, path) => {
  if (path.endsWith('/decisions')) return { decisions: [DECISION] };
  if (path === '/rule-templates') return { templates };
  if (path.endsWith('/rules')) return { rules: [ruleOf()], budget: BUDGET };
  return undefined;
};

test('the list says what each rule does, and that it was never shown rather than a rate of nothing', async () => {
  await show('#/campaigns', CampaignsScreen, rulesServer);
  expect(place.querySelector('.card')?.textContent).toContain('the page has been read for 30 seconds');
  expect(place.querySelector('.card')?.textContent).toContain('Not shown to anybody yet');
  expect(await violations()).toEqual([]);
});

test('no rule yet teaches what a rule is for', async () => {
  await show('#/campaigns', CampaignsScreen, () => ({ rules: [], budget: BUDGET }));
  expect(place.querySelector('.empty')?.textContent).toContain('Nobody sees it before you publish it');
});

test.each(['#/campaigns/new', '#/campaigns/r1', '#/campaigns/decisions', '#/campaigns/limits'])(
  'axe finds nothing on %s',
  async (hash) => {
    await show(hash, CampaignsScreen, rulesServer);
    expect(await violations()).toEqual([]);
  },
);

test('a withheld decision says its one reason, and an address that is no web address is never a link', async () => {
  await show('#/campaigns/decisions', CampaignsScreen, rulesServer);
  expect(place.querySelector('tbody')?.textContent).toContain('Enough interruptions today');
  expect(place.querySelector('a[href^="javascript"]')).toBeNull();
});

const press = (target: Element | null, key: string) =>
  act(async () => {
    target?.dispatchEvent(
      new KeyboardEvent('keydown', { key, altKey: true, bubbles: true, cancelable: true }),
    );
    await settled();
  });

test('Alt with the arrows moves a condition, and the sentence follows', async () => {
  await show('#/campaigns/r1', CampaignsScreen, rulesServer);
  const row = (at: string) => place.querySelector(`[data-place="condition/conditions/${at}"]`);
  await press(row('0'), 'ArrowDown');
  expect(place.querySelector('.sentence')?.textContent).toMatch(/^When \(the visitor has been here before/);
  await press(row('1'), 'ArrowRight');
  expect(row('0/conditions/2')?.getAttribute('aria-label')).toBe('the page has been read for 30 seconds');
  expect(document.activeElement).toBe(row('0/conditions/2'));
});

test('what is wrong stands beside its field, and nothing wrong can be published', async () => {
  await show('#/campaigns/r1', CampaignsScreen, rulesServer);
  const field = place.querySelector<HTMLInputElement>('.leaf-fields input');
  await act(async () => {
    if (field) field.value = '0';
    field?.dispatchEvent(new InputEvent('input', { bubbles: true }));
  });
  expect(field?.getAttribute('aria-invalid')).toBe('true');
  expect(place.textContent).toContain('Enter a whole number from 1 to 86400.');
  expect(place.querySelector<HTMLButtonElement>('.save-bar .button-primary')?.disabled).toBe(true);
});

test('a consultant may read a rule and not change it', async () => {
  await show('#/campaigns/r1', CampaignsScreen, rulesServer, 'consultant');
  expect(place.querySelector('.save-bar')).toBeNull();
  expect(place.querySelector('.tree-tools')).toBeNull();
});

const SURVEY = {
  id: 'q1',
  siteId: 's1',
  name: 'Exit',
  status: 'draft',
  version: 1,
  publishedVersion: null,
  content: {
    locales: ['en'],
    questions: [
      {
        id: 'why',
        kind: 'one',
        text: { en: 'Why <b>leave</b>?' },
        required: true,
        options: [
          { id: 'a', text: { en: 'Price' }, freeText: false },
          { id: 'b', text: { en: 'Other' }, freeText: true },
        ],
        branches: [{ optionId: 'a', next: 'end' }],
        next: null,
      },
    ],
    contact: { ask: 'either', text: { en: 'Where?' }, consentText: { en: 'I agree' }, required: false },
    thanks: { en: 'Thank you' },
  },
  problems: [],
  createdAtMs: T0,
  updatedAtMs: T0,
  updatedBy: { id: 'mara', name: 'Mara' },
};
const RESULTS = {
  surveyId: 'q1',
  fromMs: 0,
  toMs: T0,
  timeZone: 'UTC',
  runs: 4,
  done: 3,
  contacts: 1,
  questions: [
    {
      id: 'why',
      kind: 'one',
      text: { en: 'Why leave?' },
      answered: 4,
      skipped: 0,
      options: [{ id: 'a', text: { en: 'Price' }, count: 3 }],
      texts: 0,
      scores: [],
      nps: null,
    },
  ],
  byDay: [
    { day: '2026-11-21', runs: 1, done: 1, contacts: 0 },
    { day: '2026-11-22', runs: 3, done: 2, contacts: 1 },
  ],
  byLocale: [],
};
const surveysServer: Answer = (_method, path) => {
  if (path.includes('/results')) return RESULTS;
  if (path.endsWith('/versions')) return { versions: [] };
  if (path === '/widget/k') return siteConfig();
  if (path === '/surveys/q1') return SURVEY;
  return path.startsWith('/surveys?') ? { surveys: [] } : undefined;
};

test('the survey is previewed by the widget itself, in a frame that is nobody and reaches nobody', async () => {
  await show('#/surveys/q1', SurveysScreen, surveysServer);
  const frame = place.querySelector<HTMLIFrameElement>('.preview iframe');
  expect(frame?.getAttribute('src')).toBe('/preview/index.html');
  expect(frame?.getAttribute('sandbox')).toBe('allow-scripts allow-forms');
  expect(frame?.title).toBe('Preview of the widget');
});

test('without the configuration of the site the preview says so, and the editor works', async () => {
  const server: Answer = (method, path, body) =>
    path.startsWith('/widget/') ? undefined : surveysServer(method, path, body);
  await show('#/surveys/q1', SurveysScreen, server);
  expect(place.querySelector('.preview [role=alert]')?.textContent).toContain('Try again');
  expect(place.querySelector('.preview iframe')).toBeNull();
  expect(await violations()).toEqual([]);
});

test('results are bars and, on demand, a table', async () => {
  await show('#/surveys/results:q1', SurveysScreen, surveysServer);
  expect(place.querySelector('.bars')?.textContent).toContain('3 75%');
  expect(await violations()).toEqual([]);
  await act(async () => place.querySelector<HTMLElement>('.chart [aria-pressed]')?.click());
  expect(place.querySelector('.chart td')?.textContent).toBe('3');
  expect(place.querySelector('a[download]')?.getAttribute('href')).toMatch(
    /^\/api\/v1\/surveys\/q1\/answers\.csv\?fromMs=\d+/,
  );
});

const NUMBERS = {
  visits: 0,
  chats: 0,
  chatsAnswered: 0,
  firstResponseMedianMs: null,
  firstResponseP90Ms: null,
  callbacksRequested: 0,
  callbacksConnected: 0,
  callbacksMissed: 0,
  connectMedianMs: null,
  connectP90Ms: null,
  surveyAnswers: 0,
  invitationsShown: 0,
  invitationsAccepted: 0,
  invitationsDismissed: 0,
};
const report = (visits: number) => {
  const numbers = { ...NUMBERS, visits };
  return {
    siteId: 's1',
    fromMs: 0,
    toMs: T0,
    timeZone: 'UTC',
    complete: true,
    totals: numbers,
    byDay: [{ day: '2026-11-22', numbers }],
    byPage: [{ page: 'https://shop.example/', numbers }],
    bySource: [{ source: null, medium: null, campaign: null, numbers }],
  };
};

test('a report shows what was counted; before the first visit it leads to the installation', async () => {
  await show('#/reports', ReportsScreen, () => report(0));
  expect(place.querySelector('.empty a')?.getAttribute('href')).toBe('#/settings/install');
  render(null, place);
  await show('#/reports', ReportsScreen, () => report(12));
  expect(place.querySelector('.tile')?.textContent).toContain('12');
  expect(place.textContent).toContain('not measured in this period');
  expect(place.textContent).toContain('Direct');
  expect(await violations()).toEqual([]);
});

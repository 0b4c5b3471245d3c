// @vitest-environment jsdom
import { signal } from '@preact/signals';
import axe from 'axe-core';
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AskError } from '../../widget/src/shared/errors';
import type { Api } from '../src/app/api';
import { openConsole } from '../src/app/console';
import { type App, AppContext } from '../src/app/context';
import { openPrefs } from '../src/app/prefs';
import { parseRoute, type Route } from '../src/app/route';
import { Shell } from '../src/app/Shell';
import { SignIn } from '../src/app/SignIn';
import { openSession } from '../src/app/session';
import { openInboxView } from '../src/inbox/view';
import { ANNA, conversation, lead, message, T0, visitor } from './builders';
import { FakeLink, settled } from './fakeLink';

let place: HTMLElement;
let link: FakeLink;
const route = signal<Route>(parseRoute(''));

beforeEach(() => {
  place = document.body.appendChild(document.createElement('div'));
  link = new FakeLink();
  route.value = parseRoute('');
});
afterEach(() => {
  render(null, place);
  place.remove();
});

const api: Api = {
  call: async () => {
    throw new AskError('forbidden');
  },
  session: async () => null,
  signIn: async () => {
    throw new AskError('sign_in_limited', { retryAfterS: 42 });
  },
  signOut: async () => undefined,
  sites: async () => [],
  patchSite: async () => undefined,
  calling: async () => {
    throw new AskError('forbidden');
  },
  patchCalling: async () => {
    throw new AskError('forbidden');
  },
};
const prefs = () => openPrefs('en', () => new Map() as unknown as Storage);

function makeConsole() {
  return openConsole({
    link,
    person: ANNA,
    attention: signal(true),
    outbox: { load: () => [], save: () => undefined },
    now: () => T0,
    newId: () => 'client-id-1',
    later: () => undefined,
    ring: () => undefined,
    notify: () => undefined,
    handed: () => undefined,
  });
}

async function showShell(hash: string): Promise<App> {
  link.answers['inbox:list'] = () => ({
    conversations: [conversation({ lastSeq: 2, unread: 2, lastText: 'line 2' })],
  });
  link.answers['chat:sync'] = () => ({ messages: [message(1), message(2)], lastSeq: 2 });
  link.answers['chat:read'] = () => ({});
  link.answers['callbacks:list'] = () => ({ leads: [lead({ conversationId: null })] });
  link.answers['visitors:list'] = () => ({ visitors: [visitor()] });
  link.answers['people:list'] = () => ({ people: [ANNA], departments: [] });
  const console = makeConsole();
  route.value = parseRoute(hash);
  const app: App = {
    console,
    session: openSession(api, () => console),
    api,
    prefs: prefs(),
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
        <Shell />
      </AppContext.Provider>,
      place,
    );
    link.open();
    await settled();
  });
  return app;
}

async function violations(): Promise<string[]> {
  // Colours need a layout; the end-to-end tests look at them.
  const { violations } = await axe.run(place, {
    rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
  });
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`);
}

test('a sign-in that came too often says how long to wait and counts down on the button', async () => {
  vi.useFakeTimers();
  try {
    const session = openSession(api, makeConsole);
    await act(() => render(<SignIn session={session} prefs={prefs()} />, place));
    const form = place.querySelector('form');
    await act(async () => {
      form?.dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }));
      await settled();
    });
    expect(place.querySelector('[role=alert]')?.textContent).toContain('42 seconds');
    await act(() => void vi.advanceTimersByTime(2_000));
    expect(place.querySelector('button[type=submit]')?.textContent).toContain('40');
  } finally {
    vi.useRealTimers();
  }
});

test('the sign-in has labels and nothing that axe complains about', async () => {
  await act(() => render(<SignIn session={openSession(api, makeConsole)} prefs={prefs()} />, place));

  expect(place.querySelector('input[name=password]')?.getAttribute('autocomplete')).toBe('current-password');
  expect(await violations()).toEqual([]);
});

test('the inbox shows who waits, the thread, the page, and answers with Enter', async () => {
  await showShell('#/inbox/c1');
  await act(async () => settled());

  expect(place.textContent).toContain('Visitor 12');
  expect(place.textContent).toContain('line 2');
  expect(place.querySelector('.trail')?.textContent).toContain('Kettles');
  expect(await violations()).toEqual([]);

  link.answers['chat:send'] = (sent) => ({
    message: message(3, {
      clientMessageId: sent.clientMessageId,
      text: sent.text,
      author: { kind: 'consultant', id: 'anna' },
    }),
  });
  const field = place.querySelector('textarea');
  await act(async () => {
    if (field) field.value = 'Good day';
    field?.dispatchEvent(new InputEvent('input', { bubbles: true }));
  });
  await act(async () => {
    field?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    await settled();
  });
  expect(link.askedFor('chat:send')).toEqual([
    { conversationId: 'c1', clientMessageId: 'client-id-1', text: 'Good day', note: false },
  ]);
  expect(place.querySelector('.thread')?.textContent).toContain('Good day');
});

test('an address of a page that is no web address is never a link', async () => {
  await showShell('#/inbox/c1');
  const page = { url: 'javascript:alert(1)', title: 'Bad', atMs: T0 };
  await act(async () => {
    link.tell('visitor:updated', { visitor: visitor({ page, trail: [page] }) });
  });

  expect(place.querySelector('.trail')?.textContent).toContain('Bad');
  expect(place.querySelector('.trail a')).toBeNull();
});

test('what a visitor answers in a survey stands beside the conversation at once', async () => {
  await showShell('#/inbox/c1');
  const answer = {
    questionId: 'why',
    kind: 'one' as const,
    question: { en: 'Why do you leave?' },
    choices: [{ id: 'price', text: { en: 'The price' } }],
    text: 'too <b>high</b>',
    score: null,
  };
  await act(async () => {
    link.tell('survey:answered', {
      run: {
        id: 'run1',
        surveyId: 'q1',
        surveyName: 'Exit',
        siteId: 's1',
        visitorId: 'v1',
        runId: 'run1',
        version: 1,
        locale: 'en',
        pageUrl: null,
        answers: [answer],
        email: null,
        phone: null,
        done: false,
        startedAtMs: T0,
        updatedAtMs: T0,
      },
    });
  });
  expect(place.querySelector('.pane')?.textContent).toContain('The price; too <b>high</b>');
});

test('a lost connection is said, with what happens to what is written', async () => {
  await showShell('#/inbox');
  await act(async () => link.close());

  expect(place.querySelector('.banner-bad')?.textContent).toContain('No connection');
});

test.each(['#/calls/k1', '#/visitors/v1', '#/settings/me', '#/settings/calling'])(
  'the screen %s has names and states and no complaint of axe',
  async (hash) => {
    await showShell(hash);
    await act(async () => settled());
    expect(await violations()).toEqual([]);
  },
);

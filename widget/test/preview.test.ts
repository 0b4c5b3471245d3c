/** The server inside the page of a preview: the widget's own socket takes it for the real one. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPreviewServer } from '../preview/server';
import type { PublicSurvey, SiteConfig, SurveyAnswers, SurveyQuestion } from '../src/shared/contracts.gen';
import type { PreviewScene } from '../src/shared/preview';
import { createSocket, type Socket } from '../src/shared/socket';

const question = (id: string, part: Partial<SurveyQuestion> = {}): SurveyQuestion => ({
  id,
  kind: 'text',
  text: { en: id },
  required: false,
  options: [],
  branches: [],
  next: null,
  ...part,
});
const survey = (questions: SurveyQuestion[]): PublicSurvey => ({
  id: 'preview',
  version: 1,
  content: { locales: ['en'], questions, contact: null, thanks: { en: 'Thanks' } },
});
const SITE = { name: 'Shop', color: '#2457d6' } as SiteConfig;
const scene = (part: Partial<PreviewScene> = {}): PreviewScene => ({
  config: {
    site: SITE,
    callback: { offered: true, etaS: null, opensAtMs: null, closed: null, opensOffsetMin: null },
  },
  locale: 'en',
  isDark: false,
  shown: { what: 'chat' },
  take: 0,
  ...part,
});

let now = scene();
let told: [string, unknown][] = [];
let socket: Socket;
let server: ReturnType<typeof createPreviewServer>;

beforeEach(async () => {
  now = scene();
  told = [];
  let id = 0;
  server = createPreviewServer(
    async () => now,
    () => 1000,
    () => `id-${++id}`,
  );
  vi.stubGlobal('WebSocket', server.Socket);
  await new Promise<void>((up) => {
    socket = createSocket({
      url: 'http://nowhere.invalid/socket.io/',
      namespace: '/visitor',
      auth: () => ({}),
      onUp: up,
      onDown: () => {},
      onTold: (event, payload) => void told.push([event, payload]),
      onRefused: () => false,
    });
    socket.open();
  });
});
afterEach(() => {
  socket.close();
  vi.unstubAllGlobals();
});

test('a visit starts with the site as it is written now', async () => {
  const started = await socket.ask('visit:start', { page: { url: 'http://shop.test/' } });
  expect(started).toMatchObject({ site: SITE, conversation: null });
  await server.started;
  server.tell('config:changed', { site: { ...SITE, color: '#000000' } });
  expect(told).toEqual([['config:changed', { site: { ...SITE, color: '#000000' } }]]);
});

test('what is written and asked for is answered, and goes nowhere', async () => {
  const sent = await socket.ask('chat:send', { clientMessageId: 'c-1', text: 'Hello' });
  expect(sent).toMatchObject({ message: { clientMessageId: 'c-1', seq: 1, text: 'Hello' } });
  expect(await socket.ask('chat:sync', { afterSeq: 0 })).toMatchObject({ lastSeq: 1 });
  const asked = await socket.ask('callback:request', {
    clientRequestId: 'r-1',
    phone: '069 212 345',
    via: 'phone',
  });
  expect(asked).toMatchObject({ callback: { state: 'requested', phoneEnding: '45' } });
  expect(await socket.ask('callback:cancel', { callbackId: 'x' })).toMatchObject({
    callback: { state: 'canceled' },
  });
  expect(await socket.ask('invitation:outcome', {})).toEqual({});
});

test('a survey goes its way, also one that leads round in a circle', async () => {
  const next = async (answers: SurveyAnswers, done = false) =>
    ((await socket.ask('survey:answer', { answers, done })) as { next: string }).next;
  now = scene({
    shown: { what: 'survey', survey: survey([question('a', { next: 'c' }), question('b'), question('c')]) },
  });
  expect(await next({})).toBe('a');
  expect(await next({ a: {} })).toBe('c');
  expect(await next({ a: {}, c: {} })).toBe('end');
  expect(await next({}, true)).toBe('end');
  now = scene({ shown: { what: 'survey', survey: survey([question('a', { next: 'a' })]) } });
  expect(await next({ a: {} })).toBe('end');
});

test('the configuration and the survey come by fetch, and nothing else does', async () => {
  expect(await (await server.fetch('http://x.invalid/api/v1/widget/preview')).json()).toEqual(now.config);
  const address = 'http://x.invalid/api/v1/widget/preview/surveys/s1';
  expect((await server.fetch(address)).status).toBe(404);
  const shown = { what: 'survey' as const, survey: survey([question('a')]) };
  now = scene({ shown });
  expect(await (await server.fetch(address)).json()).toEqual(shown.survey);
});

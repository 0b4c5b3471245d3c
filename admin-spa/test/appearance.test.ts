import { expect, test } from 'vitest';
import type { Appearance, AppearanceReply } from '../../widget/src/shared/contracts.gen';
import { AskError } from '../../widget/src/shared/errors';
import { check, dressed, openLook, readability, withLocale, withWords } from '../src/settings/appearance';
import { siteConfig, T0 } from './builders';

const look = (part: Partial<Appearance> = {}): Appearance => ({
  color: '#2457d6',
  corner: 'bottom-end',
  desktop: { x: 20, y: 20 },
  phone: { x: 20, y: 20 },
  theme: 'auto',
  quiet: false,
  locales: ['en', 'ru'],
  defaultLocale: 'en',
  country: 'MD',
  privacyUrl: null,
  texts: {},
  ...part,
});
const problems = (part: Partial<Appearance>) => [...check(look(part)).keys()];

test('what is wrong is named where it stands', () => {
  expect(problems({})).toEqual([]);
  expect(problems({ color: 'blue' })).toEqual(['color']);
  expect(problems({ phone: { x: Number.NaN, y: 201 } })).toEqual(['phone/x', 'phone/y']);
  expect(problems({ privacyUrl: 'shop.example' })).toEqual(['privacyUrl']);
  expect(problems({ privacyUrl: 'https://' })).toEqual(['privacyUrl']);
  expect(problems({ texts: { ru: { greeting: 'x'.repeat(121) } } })).toEqual(['texts/ru/greeting']);
});

test('the preview shows what is written, and what was saved where it is only half written', () => {
  const { site } = siteConfig();
  const half = look({
    color: '#24',
    corner: 'top-end',
    desktop: { x: 48, y: Number.NaN },
    privacyUrl: 'https:',
  });
  const seen = dressed(site, half);
  expect([seen.color, seen.corner, seen.desktop, seen.privacyUrl]).toEqual([
    '#2457d6',
    'top-end',
    { x: 20, y: 20 },
    null,
  ]);
  expect(dressed(site, look({ texts: { ru: { title: '', greeting: 'Да' } } })).texts).toEqual({
    ru: { greeting: 'Да' },
  });
});

test('words that are taken back are ours again', () => {
  const written = withWords(look(), 'ru', 'greeting', 'Чем помочь?');
  expect(written.texts).toEqual({ ru: { greeting: 'Чем помочь?' } });
  expect(withWords(written, 'ru', 'greeting', '').texts).toEqual({});
});

test('a language that is not offered any more is no default', () => {
  const all = ['en', 'ru', 'ro'] as const;
  expect(withLocale(look(), 'ro', true, all)).toMatchObject({
    locales: ['en', 'ru', 'ro'],
    defaultLocale: 'en',
  });
  expect(withLocale(look(), 'en', false, all)).toMatchObject({ locales: ['ru'], defaultLocale: 'ru' });
});

test('how a colour reads is computed', () => {
  expect(readability('#2457d6')).toMatchObject({ on: '#ffffff', ratio: 6.2, light: '#2457d6' });
  expect(readability('#ffd400')).toMatchObject({ on: '#14181d', dark: '#ffd400' });
  expect(readability('#ffd40')).toBeNull();
});

/** A server with one appearance; a save of an older version is refused, as the real one does. */
function server() {
  const state: AppearanceReply = { appearance: look(), version: 1, changedAtMs: null, changedBy: null };
  return {
    state,
    async call(method: string, _path: string, body?: unknown): Promise<unknown> {
      if (method === 'GET') return { ...state };
      const { version, appearance } = body as { version: number; appearance: Appearance };
      if (version !== state.version) throw new AskError('appearance_changed', { name: 'Nora' });
      Object.assign(state, { appearance, version: version + 1, changedAtMs: T0, changedBy: 'Mira' });
      return { ...state };
    },
  };
}

test('a change is saved on the version it was written on', async () => {
  const there = server();
  const form = openLook(there.call, 's1');
  await form.load();
  expect(form.isDirty.value).toBe(false);
  form.edit({ color: '#0a7d5c' });
  expect([form.isDirty.value, form.now.value?.color]).toEqual([true, '#0a7d5c']);
  expect(await form.save()).toBe(true);
  expect([form.isDirty.value, there.state.appearance.color, form.saved.value?.version]).toEqual([
    false,
    '#0a7d5c',
    2,
  ]);
});

test('who was slower keeps what was written, and chooses', async () => {
  const there = server();
  const mine = openLook(there.call, 's1');
  await mine.load();
  Object.assign(there.state, { appearance: look({ color: '#111111' }), version: 2 });

  mine.edit({ color: '#0a7d5c' });
  expect(await mine.save()).toBe(false);
  expect([mine.failure.value?.code, mine.now.value?.color]).toEqual(['appearance_changed', '#0a7d5c']);
  await mine.saveOver();
  expect([there.state.appearance.color, there.state.version, mine.failure.value]).toEqual([
    '#0a7d5c',
    3,
    null,
  ]);

  Object.assign(there.state, { appearance: look({ color: '#222222' }), version: 4 });
  mine.edit({ quiet: true });
  await mine.save();
  await mine.takeTheirs();
  expect([mine.now.value?.color, mine.isDirty.value]).toEqual(['#222222', false]);
});

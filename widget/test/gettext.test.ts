import { afterEach, expect, test } from 'vitest';
import { currentLocale, gettext, isRtl, ngettext, pickLocale, setCatalog } from '../src/shared/gettext';

afterEach(() => setCatalog('en', {}));

test('a sentence without a translation stays English', () => {
  setCatalog('ru', { Close: '' });
  expect(gettext('Close')).toBe('Close');
  expect(gettext('Chat')).toBe('Chat');
});

test('values go where the translation wants them, and text that looks like a placeholder is left alone', () => {
  setCatalog('ro', { '{name} answered': 'a răspuns {name}' });
  expect(gettext('{name} answered', { name: 'Ana {time}' })).toBe('a răspuns Ana {time}');
});

test('Russian counts with one, few and many', () => {
  setCatalog('ru', { '{n} minute': ['{n} минута', '{n} минуты', '{n} минут'] });
  const minutes = (n: number) => ngettext('{n} minute', '{n} minutes', n);
  expect([1, 3, 5, 11, 21, 22, 25].map(minutes)).toEqual([
    '1 минута',
    '3 минуты',
    '5 минут',
    '11 минут',
    '21 минута',
    '22 минуты',
    '25 минут',
  ]);
});

test('Romanian counts with one, few and other', () => {
  setCatalog('ro', { '{n} minute': ['{n} minut', '{n} minute', '{n} de minute'] });
  const minutes = (n: number) => ngettext('{n} minute', '{n} minutes', n);
  expect([1, 2, 19, 20, 101].map(minutes)).toEqual([
    '1 minut',
    '2 minute',
    '19 minute',
    '20 de minute',
    '101 minute',
  ]);
});

test('a plural without a translation is counted in English', () => {
  expect([ngettext('{n} day', '{n} days', 1), ngettext('{n} day', '{n} days', 2)]).toEqual([
    '1 day',
    '2 days',
  ]);
});

test('the first wanted language that is offered wins, with or without its country', () => {
  expect(pickLocale(['', 'fr-FR', 'ro-MD', 'ru'], ['en', 'ru', 'ro'], 'en')).toBe('ro');
  expect(pickLocale(['fr'], ['en', 'ru'], 'ru')).toBe('ru');
});

test('Arabic and Hebrew run from right to left', () => {
  expect(['ar', 'he-IL', 'fa'].every(isRtl)).toBe(true);
  expect(['en', 'ru', 'arn'].some(isRtl)).toBe(false);
});

test('Intl gets the language of the words', () => {
  setCatalog('ru-RU', {});
  expect(currentLocale()).toBe('ru-RU');
});

import { expect, test } from 'vitest';
import { hasNumber } from '../src/callback/model';
import { countryOf, guessCountry } from '../src/callback/phone';

const COUNTRIES = [
  { region: 'MD', code: '373', example: '' },
  { region: 'RO', code: '40', example: '' },
  { region: 'RU', code: '7', example: '' },
  { region: 'KZ', code: '7', example: '' },
  { region: 'US', code: '1', example: '' },
  { region: 'CA', code: '1', example: '' },
  { region: 'DE', code: '49', example: '' },
];
const guess = (timeZone: string, languages: string[], country = 'MD') =>
  guessCountry(COUNTRIES, { timeZone, languages, country });

test('the time zone says where the visitor is, whatever the language of the browser', () => {
  expect(guess('Europe/Chisinau', ['ru-RU', 'ru'])).toBe('MD');
  expect(guess('Europe/Moscow', ['en-US'])).toBe('RU');
  expect(guess('Europe/Berlin', ['en-US'])).toBe('DE');
});

test('without a telling time zone the language tag names the country', () => {
  expect(guess('UTC', ['ro-RO'])).toBe('RO');
  expect(guess('', ['de', 'en-CA'])).toBe('CA');
});

test('"en-US" is what browsers are delivered with: the country of the site counts more', () => {
  expect(guess('UTC', ['en-US', 'en'])).toBe('MD');
});

test('a visitor from a country that is not called gets the country of the site', () => {
  expect(guess('Asia/Tokyo', ['ja-JP'])).toBe('MD');
});

test('a country that is not in the list is never chosen', () => {
  expect(guess('UTC', [], 'FR')).toBe('MD');
});

test('a pasted international number changes the country, in any format', () => {
  for (const pasted of ['+40 712 034 567', '0040712034567', ' (+40) 712-034-567', 'tel:+40712034567']) {
    expect(countryOf(pasted, 'MD', COUNTRIES), pasted).toBe('RO');
  }
});

test('a national number leaves the country as it was chosen', () => {
  expect(countryOf('0621 12 345', 'MD', COUNTRIES)).toBe('MD');
  expect(countryOf('8 (912) 345-67-89', 'RU', COUNTRIES)).toBe('RU');
  expect(countryOf('', 'RO', COUNTRIES)).toBe('RO');
});

test('of two countries with one code the chosen one stays', () => {
  expect(countryOf('+1 201 555 0123', 'CA', COUNTRIES)).toBe('CA');
  expect(countryOf('+1 201 555 0123', 'MD', COUNTRIES)).toBe('US');
});

test('+7 is Russia, +77 is Kazakhstan', () => {
  expect(countryOf('+7 912 345 67 89', 'KZ', COUNTRIES)).toBe('RU');
  expect(countryOf('+7 701 123 45 67', 'RU', COUNTRIES)).toBe('KZ');
});

test('an unfinished or unknown code changes nothing', () => {
  expect(countryOf('+', 'MD', COUNTRIES)).toBe('MD');
  expect(countryOf('+999', 'MD', COUNTRIES)).toBe('MD');
});

test('only an empty field is held back', () => {
  expect(hasNumber(' - ')).toBe(false);
  expect(hasNumber('12')).toBe(true);
});

import { expect, test } from 'vitest';
import {
  addInterval,
  fromHoursForm,
  type HoursForm,
  likeMonday,
  toHoursForm,
  withHolidays,
} from '../src/settings/hours';

const HOURS = {
  timeZone: 'Europe/Chisinau',
  weekly: [{ day: 1, from: '09:00', to: '24:00' }],
  closedDates: ['2026-12-24'],
  exceptions: [
    { date: '2026-12-25', name: 'Christmas', open: [] },
    { date: '2026-12-31', name: '', open: [{ from: '10:00', to: '24:00' }] },
  ],
};
const form = toHoursForm({ hours: HOURS, offHours: 'message' }, 'UTC');
const problemsOf = (over: Partial<HoursForm>) => {
  const read = fromHoursForm({ ...form, ...over });
  return 'problems' in read ? read.problems : null;
};

test('hours that nobody touched are saved as they were, whoever had set the closed dates', () => {
  expect(fromHoursForm(form)).toEqual({ hours: HOURS });
  expect(form.dates.map(({ date }) => date)).toEqual(['2026-12-24', '2026-12-25', '2026-12-31']);
});

test('a site without hours is always open and starts with a working week in the zone of whoever looks', () => {
  const fresh = toHoursForm({ hours: null, offHours: 'schedule' }, 'Asia/Tokyo');
  expect(fromHoursForm(fresh)).toEqual({ hours: null });
  expect([fresh.timeZone, fresh.weekly.length]).toEqual(['Asia/Tokyo', 5]);
});

test('every line and every date that is wrong is named', () => {
  expect(problemsOf({ weekly: [{ day: 1, from: '09:00', to: '' }] })).toEqual({ weekly: 'times', dates: {} });
  expect(problemsOf({ weekly: [], dates: [] })).toEqual({ weekly: 'never', dates: {} });
  const dates = [
    { date: '', name: 'x', open: [] },
    { date: '2026-12-25', name: '', open: [{ from: '', to: '10:00' }] },
    { date: '2026-12-25', name: '', open: [] },
  ];
  expect(problemsOf({ dates })).toEqual({ dates: { 0: 'no_date', 1: 'times', 2: 'same_date' } });
});

test('holidays are added once and leave alone what a person has said about a date', () => {
  const all = withHolidays(form.dates, [
    { date: '2026-12-25', name: 'Noël' },
    { date: '2027-01-01', name: 'New Year' },
  ]);
  expect(all.map(({ date, name }) => `${date} ${name}`.trim())).toEqual([
    '2026-12-24',
    '2026-12-25 Christmas',
    '2026-12-31',
    '2027-01-01 New Year',
  ]);
});

test('a second interval of a day leaves a break; Monday can stand for the working week', () => {
  const two = addInterval([{ day: 1, from: '09:00', to: '13:00' }], 1);
  expect(two.at(-1)).toEqual({ day: 1, from: '14:00', to: '23:00' });
  expect(addInterval(two, 1).at(-1)).toEqual({ day: 1, from: '', to: '' });
  const week = likeMonday([
    ...two,
    { day: 3, from: '01:00', to: '02:00' },
    { day: 6, from: '10:00', to: '12:00' },
  ]);
  expect(week).toHaveLength(11);
  expect(week.filter(({ day }) => day === 3).map(({ from }) => from)).toEqual(['09:00', '14:00']);
});

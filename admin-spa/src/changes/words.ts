// What an entry of the audit trail says. An action or a field without words here is shown by its name.

import { dateFormat } from '../../../widget/src/shared/clock';
import type { Change } from '../../../widget/src/shared/contracts.gen';
import { currentLocale, gettext } from '../../../widget/src/shared/gettext';
import { kindText } from '../blocking/blocks';
import { roleText } from '../people/words';
import { CLASSES, type Class, labelOf } from '../privacy/retention';
import { cornerText } from '../settings/appearance';
import { statusText } from '../triggers/words';
import { exactWhen, nameOf, weekdays } from '../ui/time';

export function actionText(change: Change): string {
  switch (change.action) {
    case 'person.created':
      return gettext('added a person');
    case 'person.updated':
      return gettext('changed a person');
    case 'person.deactivated':
      return gettext('deactivated a person');
    case 'person.reactivated':
      return gettext('reactivated a person');
    case 'person.password_set':
      return gettext('gave a new password');
    case 'person.password_changed':
      return gettext('changed the own password');
    case 'person.photo_set':
      return gettext('set a photo');
    case 'person.photo_removed':
      return gettext('removed a photo');
    case 'people.reordered':
      return gettext('changed who is called first');
    case 'department.created':
      return gettext('added a department');
    case 'department.updated':
      return gettext('changed a department');
    case 'department.removed':
      return gettext('removed a department');
    case 'site.created':
      return gettext('added a site');
    case 'site.updated':
      return gettext('changed a site');
    case 'site.appearance_changed':
      return gettext('changed how the widget looks');
    case 'site.calling_changed':
      return gettext('changed how a site calls');
    case 'site.invitation_budget_changed':
      return gettext('changed how often visitors are interrupted');
    case 'rule.created':
      return gettext('made a rule');
    case 'rule.saved':
      return gettext('saved a rule');
    case 'rule.published':
      return gettext('published a rule');
    case 'rule.disabled':
      return gettext('switched a rule off');
    case 'block.added':
      return gettext('blocked somebody');
    case 'block.removed':
      return gettext('took a block away');
    case 'visitor.exported':
      return gettext('exported what is kept of a visitor');
    case 'visitor.erased':
      return gettext('erased a visitor');
    case 'retention.changed':
      return gettext('changed how long data is kept');
    case 'session.started':
      return gettext('signed in');
    case 'session.ended':
      return gettext('signed out');
    case 'session.refused':
      return gettext('could not sign in');
    default:
      return change.action;
  }
}

export function fieldText(name: string, action = ''): string {
  // Of a site's looks, "phone" is where the button stands on one.
  if (name === 'phone' && action === 'site.appearance_changed') return gettext('Distance on a phone');
  switch (name) {
    case 'name':
      return gettext('Name');
    case 'email':
      return gettext('E-mail');
    case 'role':
      return gettext('Role');
    case 'phone':
      return gettext('Phone');
    case 'locale':
      return gettext('Language');
    case 'active':
      return gettext('Active');
    case 'members':
      return gettext('Members');
    case 'shown':
      return gettext('Visitors can choose it');
    case 'fall_through':
      return gettext('Call everyone else after them');
    case 'order':
      return gettext('Who is rung first');
    case 'kind':
      return gettext('Kind');
    case 'value':
      return gettext('Whom');
    case 'reason':
      return gettext('Reason');
    case 'expiresAt':
      return gettext('Until');
    case 'hours':
      return gettext('Hours');
    case 'off_hours':
      return gettext('While you are closed');
    case 'departments':
      return gettext('Departments');
    case 'origins':
      return gettext('Allowed origins');
    case 'callable_regions':
      return gettext('Countries that are called');
    case 'offer':
      return gettext('Several consultants');
    case 'recording':
      return gettext('Recording');
    case 'visitor_voicemail':
      return gettext('When the visitor’s voicemail answers');
    case 'offer_s':
      return gettext('A consultant’s phone rings for');
    case 'accept_s':
      return gettext('Time to press 1');
    case 'visitor_s':
      return gettext('The visitor’s phone rings for');
    case 'retry_delays_s':
      return gettext('Further rounds');
    case 'daily_cap':
      return gettext('Most per day');
    case 'monthly_cap':
      return gettext('Most per month');
    case 'version':
      return gettext('Version');
    case 'status':
      return gettext('State');
    case 'enabled':
      return gettext('Invite visitors on this site');
    case 'per_visit':
      return gettext('Most in one visit');
    case 'per_day':
      return gettext('Most per day');
    case 'per_visitor':
      return gettext('Most for one visitor ever');
    case 'color':
      return gettext('Colour');
    case 'corner':
      return gettext('Corner');
    case 'desktop':
      return gettext('Distance on a computer');
    case 'theme':
      return gettext('Theme');
    case 'quiet':
      return gettext('Quiet');
    case 'locales':
      return gettext('Languages');
    case 'default_locale':
      return gettext('Default language');
    case 'country':
      return gettext('Country');
    case 'privacy_url':
      return gettext('Address of your privacy policy');
    case 'texts':
      return gettext('Words');
    default:
      if (isClass(name)) return labelOf(`${name}Days`);
      return name.replaceAll('_', ' ');
  }
}

/** A class of data, by the server's name for it: without "Days". */
const isClass = (name: string): name is ClassName => CLASSES.includes(`${name}Days` as Class);
type ClassName = Class extends `${infer Name}Days` ? Name : never;

/** Whether "nothing" before a change says something: how long data is kept, it is "for ever". */
export const isTold = (field: string, before: string | null): boolean => before !== null || isClass(field);

/** A value as the audit trail keeps it, a list with ", " between; what is not known here stays as it is. */
export function valueText(field: string, value: string | null): string {
  if (isClass(field)) return value ? inUnit(value, 'day') : gettext('for ever');
  if (!value) return gettext('nothing');
  if (value === 'true') return gettext('yes');
  if (value === 'false') return gettext('no');
  const each = (text: (one: string) => string) => value.split(', ').map(text).join(', ');
  switch (field) {
    case 'offer_s':
    case 'accept_s':
    case 'visitor_s':
    case 'retry_delays_s':
      return each(secondsText);
    case 'hours':
      return each(hoursText);
    case 'callable_regions':
    case 'country':
      return each((one) => nameOf('region', one));
    case 'locale':
    case 'locales':
    case 'default_locale':
      return each((one) => nameOf('language', one));
    case 'expiresAt':
      return momentText(value);
    case 'desktop':
      return `${value} px`;
    default:
      return codeText(field, value);
  }
}

function codeText(field: string, value: string): string {
  switch (`${field} ${value}`) {
    case 'role consultant':
    case 'role marketer':
    case 'role admin':
      return roleText(value as Parameters<typeof roleText>[0]);
    case 'kind phone':
    case 'kind prefix':
    case 'kind network':
    case 'kind visitor':
      return kindText(value as Parameters<typeof kindText>[0]);
    case 'status draft':
    case 'status live':
    case 'status disabled':
      return statusText(value as Parameters<typeof statusText>[0]);
    case 'corner top-start':
    case 'corner top-end':
    case 'corner bottom-start':
    case 'corner bottom-end':
      return cornerText(value as Parameters<typeof cornerText>[0]);
    case 'theme auto':
      return gettext('As the visitor’s system');
    case 'theme light':
      return gettext('Light');
    case 'theme dark':
      return gettext('Dark');
    case 'order consultant_first':
      return gettext('The consultant');
    case 'order visitor_first':
      return gettext('The visitor');
    case 'offer sequential':
      return gettext('One after the other');
    case 'offer simultaneous':
      return gettext('All at once; the first to accept gets the call');
    case 'recording off':
      return gettext('Off');
    case 'recording announce':
      return gettext('Announced');
    case 'recording explicit':
      return gettext('With consent');
    case 'visitor_voicemail hang_up':
      return gettext('Hang up and try again later');
    case 'visitor_voicemail leave_message':
      return gettext('Leave a short message');
    case 'off_hours schedule':
      return gettext('A call at a chosen time');
    case 'off_hours message':
      return gettext('Only a message');
    case 'off_hours hide':
      return gettext('Nothing');
    default:
      return value;
  }
}

function inUnit(value: string, unit: 'second' | 'minute' | 'day'): string {
  const options: Intl.NumberFormatOptions = { style: 'unit', unit, unitDisplay: 'long' };
  return /^\d+$/.test(value) ? new Intl.NumberFormat(currentLocale(), options).format(Number(value)) : value;
}

/** Whole minutes from two on are said as minutes. */
function secondsText(value: string): string {
  const seconds = Number(value);
  return seconds >= 120 && seconds % 60 === 0
    ? inUnit(String(seconds / 60), 'minute')
    : inUnit(value, 'second');
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** "mon 09:00-18:00" or "2026-12-25"; a time zone stays as it is. */
function hoursText(one: string): string {
  const [, day, span] = /^([a-z]{3}) (\d\d:\d\d-\d\d:\d\d)$/.exec(one) ?? [];
  const name = day && weekdays('short')[DAYS.indexOf(day)];
  if (name && span) return `${name} ${span.replace('-', '–')}`;
  if (!/^\d{4}-\d\d-\d\d$/.test(one)) return one;
  return dateFormat({ dateStyle: 'medium', timeZone: 'UTC' }).format(Date.parse(one));
}

/** "2026-12-06 14:05:00+00:00", as the server writes a moment. */
function momentText(value: string): string {
  const atMs = Date.parse(value.replace(' ', 'T'));
  return Number.isNaN(atMs) ? value : exactWhen(atMs);
}

// What an entry of the audit trail says. An action or a field without words here is shown by its name.
import type { Change } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { ROLES, type Role, roleText } from '../people/words';

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

export function fieldText(name: string): string {
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
      return gettext('Order');
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
    default:
      return name.replaceAll('_', ' ');
  }
}

export function valueText(field: string, value: string | null): string {
  if (!value) return gettext('nothing');
  if (value === 'true') return gettext('yes');
  if (value === 'false') return gettext('no');
  if (field === 'role' && (ROLES as readonly string[]).includes(value)) return roleText(value as Role);
  return value;
}

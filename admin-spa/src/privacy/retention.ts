// How long data is kept, as a form holds it. Pure.
import type { Retention, RetentionPatch } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';

export type Class = keyof Retention;
export const CLASSES: readonly Class[] = [
  'visitsDays',
  'conversationsDays',
  'callbacksDays',
  'surveysDays',
  'invitationsDays',
];
export const MOST_DAYS = 3650;

export function labelOf(one: Class): string {
  switch (one) {
    case 'visitsDays':
      return gettext('Visits and pages');
    case 'conversationsDays':
      return gettext('Conversations');
    case 'callbacksDays':
      return gettext('Calls');
    case 'surveysDays':
      return gettext('Survey answers');
    case 'invitationsDays':
      return gettext('Invitations');
  }
}

/** Whether a field holds what the server takes: whole days, or nothing for "until somebody erases it". */
export const isRight = (days: number | null): boolean =>
  days === null || (Number.isInteger(days) && days >= 1 && days <= MOST_DAYS);

/** What somebody changed. */
export function changesOf(before: Retention, now: Retention): RetentionPatch {
  return Object.fromEntries(CLASSES.filter((one) => now[one] !== before[one]).map((one) => [one, now[one]]));
}

/** Whether something that is kept today would go: the last moment to ask. */
export const isShorter = (before: Retention, now: Retention): boolean =>
  CLASSES.some((one) => (now[one] ?? Number.POSITIVE_INFINITY) < (before[one] ?? Number.POSITIVE_INFINITY));

import type { Person } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';

export type Role = Person['role'];
export const ROLES: readonly Role[] = ['consultant', 'marketer', 'admin'];

export function roleText(role: Role): string {
  switch (role) {
    case 'consultant':
      return gettext('Consultant');
    case 'marketer':
      return gettext('Marketer');
    case 'admin':
      return gettext('Administrator');
  }
}

export function roleHint(role: Role): string {
  switch (role) {
    case 'consultant':
      return gettext('Answers chats and calls.');
    case 'marketer':
      return gettext('Makes campaigns and surveys, reads reports.');
    case 'admin':
      return gettext('Does everything, also people and settings.');
  }
}

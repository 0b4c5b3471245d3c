// Desktop notifications. The permission is asked by a button in the settings and never at the start.
import type { Alert } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { hashOf } from './route';

export type Permission = 'unsupported' | 'default' | 'granted' | 'denied';

export function permission(): Permission {
  return typeof Notification === 'undefined' ? 'unsupported' : Notification.permission;
}

export async function askPermission(): Promise<Permission> {
  if (typeof Notification === 'undefined') return 'unsupported';
  return Notification.requestPermission();
}

/** Show an alert outside the window; a click brings the console to the front, at the right place. */
export function showNotice(alert: Alert, about: string): void {
  if (permission() !== 'granted') return;
  const tag = alert.conversationId ?? alert.callbackId ?? alert.kind;
  const notice = new Notification(alertTitle(alert.kind), { body: about, tag });
  notice.onclick = () => {
    window.focus();
    if (alert.conversationId) location.hash = hashOf('inbox', alert.conversationId);
    else if (alert.callbackId) location.hash = hashOf('calls', alert.callbackId);
    notice.close();
  };
}

function alertTitle(kind: Alert['kind']): string {
  switch (kind) {
    case 'conversation_waiting':
      return gettext('A visitor is waiting');
    case 'visitor_message':
      return gettext('New message');
    case 'callback_requested':
      return gettext('A call was requested');
    case 'callback_missed':
      return gettext('A call was missed');
  }
}

// One registry of commands: it feeds the keys, the palette and the sheet of shortcuts.
import { errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { groupOf } from '../inbox/list';
import { say } from '../ui/toasts';
import type { App } from './context';
import { type Command, SINGLE_KEYS } from './shortcuts';

export interface Entry {
  readonly id: string;
  readonly label: string;
  readonly keys: string;
  readonly run: () => void;
}

const MOD = typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.platform) ? '⌘' : 'Ctrl+';

/** Do something that asks the server; a refusal becomes a sentence at the edge. */
export function attempt(run: () => Promise<unknown>): void {
  run().catch((failure: unknown) => say(errorText(toAskError(failure)), true));
}

export function commandLabel(command: Command): string {
  switch (command) {
    case 'next':
      return gettext('Next conversation');
    case 'previous':
      return gettext('Previous conversation');
    case 'reply':
      return gettext('Write a reply');
    case 'note':
      return gettext('Write an internal note');
    case 'claim':
      return gettext('Take the conversation');
    case 'closeAndNext':
      return gettext('Close and go to the next one');
    case 'call':
      return gettext('Call the visitor');
    case 'search':
      return gettext('Search the inbox');
    case 'sheet':
      return gettext('Show keyboard shortcuts');
    case 'palette':
      return gettext('Open the command palette');
    case 'leave':
      return gettext('Leave the field or go back');
  }
}

export function keysOf(command: Command): string {
  if (command === 'palette') return `${MOD}K`;
  if (command === 'sheet') return '?';
  if (command === 'search') return '/';
  if (command === 'leave') return 'Esc';
  return SINGLE_KEYS.find((one) => one.command === command)?.shown ?? '';
}

/** Carry out a command; false when it means nothing here, so that the key keeps its ordinary meaning. */
export function runCommand(app: App, command: Command): boolean {
  const { console, view } = app;
  const { desk } = console;
  const id = app.route.value.screen === 'inbox' ? desk.openId.value : null;
  const conversation = id === null ? undefined : desk.inbox.value.get(id);
  switch (command) {
    case 'sheet':
      app.sheetOpen.value = true;
      return true;
    case 'palette':
      app.paletteOpen.value = !app.paletteOpen.value;
      return true;
    case 'search':
      if (app.route.value.screen !== 'inbox') app.go('inbox');
      requestAnimationFrame(() => document.getElementById('inbox-search')?.focus());
      return true;
    case 'next':
    case 'previous': {
      if (app.route.value.screen !== 'inbox') return false;
      const to = view.next(command === 'next' ? 1 : -1);
      if (to) app.go('inbox', to);
      return true;
    }
    case 'leave':
      return leave(app);
  }
  if (!conversation || !console.answers) return false;
  switch (command) {
    case 'reply':
    case 'note':
      view.write(command);
      return true;
    case 'claim':
      if (conversation.status === 'waiting') attempt(() => desk.claim(conversation.id));
      return true;
    case 'closeAndNext':
      closeAndNext(app, conversation.id);
      return true;
    case 'call':
      document.getElementById('call-opener')?.click();
      return true;
  }
}

export function closeAndNext(app: App, id: string): void {
  const { desk } = app.console;
  if (desk.inbox.value.get(id)?.status === 'closed') return;
  const next = app.view.after(id);
  attempt(async () => {
    await desk.close(id);
    say(gettext('The conversation is closed. A new message of the visitor opens it again.'));
    if (app.route.value.id === id) app.go('inbox', next);
  });
}

function leave(app: App): boolean {
  const focused = document.activeElement;
  if (focused instanceof HTMLElement && focused.matches('input, textarea, select')) {
    focused.blur();
    return true;
  }
  const { screen, id } = app.route.value;
  if (id === null || screen === 'settings') return false;
  app.go(screen);
  return true;
}

/** Everything the palette offers right now. */
export function paletteEntries(app: App): Entry[] {
  const { console, prefs } = app;
  const { desk, me } = console;
  const open = desk.openId.value === null ? undefined : desk.inbox.value.get(desk.openId.value);
  const onOpen: Command[] = open && console.answers ? ['reply', 'note', 'call', 'closeAndNext'] : [];
  if (open && console.answers && groupOf(open, me.value.id) === 'waiting') onOpen.unshift('claim');
  const commands: Command[] = [...onOpen, 'next', 'previous', 'search', 'sheet'];
  const away = me.value.status === 'away';
  return [
    ...commands.map((command) => ({
      id: command,
      label: commandLabel(command),
      keys: keysOf(command),
      run: () => void runCommand(app, command),
    })),
    entry('go-inbox', gettext('Go to the inbox'), () => app.go('inbox')),
    entry('go-calls', gettext('Go to the calls'), () => app.go('calls')),
    entry('go-visitors', gettext('Go to the visitors'), () => app.go('visitors')),
    ...(me.value.role === 'consultant'
      ? []
      : [
          entry('go-campaigns', gettext('Go to the campaigns'), () => app.go('campaigns')),
          entry('go-surveys', gettext('Go to the surveys'), () => app.go('surveys')),
          entry('go-reports', gettext('Go to the reports'), () => app.go('reports')),
        ]),
    entry('go-settings', gettext('Go to the settings'), () => app.go('settings')),
    entry('presence', away ? gettext('Become available') : gettext('Become away'), () =>
      attempt(() => console.setPresence(away ? 'available' : 'away')),
    ),
    entry('dark', gettext('Dark theme'), () => {
      prefs.theme.value = 'dark';
    }),
    entry('light', gettext('Light theme'), () => {
      prefs.theme.value = 'light';
    }),
    entry('system', gettext('Theme of the system'), () => {
      prefs.theme.value = 'system';
    }),
    entry('sign-out', gettext('Sign out'), () => attempt(() => app.session.signOut())),
  ];
}

function entry(id: string, label: string, run: () => void): Entry {
  return { id, label, keys: '', run };
}

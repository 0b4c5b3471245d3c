// Addresses of the console: #/inbox/ID, #/calls/ID, #/visitors/ID, #/campaigns/ID, #/surveys/ID, #/reports, #/settings/SECTION. Pure.
export type Screen = 'inbox' | 'calls' | 'visitors' | 'campaigns' | 'surveys' | 'reports' | 'settings';
export interface Route {
  readonly screen: Screen;
  readonly id: string | null;
}

const SCREENS: ReadonlySet<string> = new Set([
  'inbox',
  'calls',
  'visitors',
  'campaigns',
  'surveys',
  'reports',
  'settings',
]);
const ID = /^[A-Za-z0-9_.:-]{1,64}$/;

/** Read `location.hash`; anything unknown is the inbox. */
export function parseRoute(hash: string): Route {
  const [, screen = '', id = ''] = hash.replace(/^#/, '').split('/');
  if (!SCREENS.has(screen)) return { screen: 'inbox', id: null };
  return { screen: screen as Screen, id: ID.test(id) ? id : null };
}

export function hashOf(screen: Screen, id: string | null = null): string {
  return id === null ? `#/${screen}` : `#/${screen}/${id}`;
}

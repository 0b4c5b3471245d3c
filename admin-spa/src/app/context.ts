// What every screen of a signed-in console can reach.
import type { ReadonlySignal, Signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { InboxView } from '../inbox/view';
import type { Api } from './api';
import type { Console } from './console';
import type { Prefs } from './prefs';
import type { Route, Screen } from './route';
import type { Session } from './session';
import type { Speaker } from './sound';

export interface App {
  readonly console: Console;
  readonly session: Session;
  readonly api: Api;
  readonly prefs: Prefs;
  readonly speaker: Speaker;
  readonly route: ReadonlySignal<Route>;
  readonly view: InboxView;
  /** The time for waiting times on the screen; moves every few seconds. */
  readonly nowMs: ReadonlySignal<number>;
  readonly sheetOpen: Signal<boolean>;
  readonly paletteOpen: Signal<boolean>;
  go(screen: Screen, id?: string | null): void;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error('A screen was drawn outside of the console.');
  return app;
}

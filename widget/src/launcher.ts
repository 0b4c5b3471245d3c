/** What the loader hands to the rest of the widget. Types only, so that it costs nothing. */
import type { LauncherConfig } from './shared/contracts.gen';

/** What the launcher shows of a site. */
export type Looks = Omit<LauncherConfig, 'hidden'>;

export interface Launcher {
  /** The widget's only element in the customer's page. */
  host: HTMLElement;
  root: ShadowRoot;
  /** Everything visible is in here; it carries the direction, the language and the corner. */
  frame: HTMLElement;
  button: HTMLButtonElement;
  /** The script tag and what its data- attributes say. */
  options: DOMStringMap;
  /** Address of widget.js. */
  src: string;
  siteKey: string;
  config: LauncherConfig;
  /** Take on the site's looks; a quiet site's button is hidden by it. */
  wear(site: Looks): void;
  /** Say that it could not be loaded. */
  fail(): void;
  /** Take the widget away and load the newest one; only once per page, then it does nothing. */
  reload(): void;
}

export type Tab = 'chat' | 'callback';

/** What the page, the launcher and the elements of the page may ask for, by name: `ringback('open', 'chat')`. */
export interface Widget {
  /** Open the panel, or a survey by its id. */
  open(what?: unknown, surveyId?: unknown): void;
  close(): void;
  toggle(): void;
  /** Load what opening needs, without opening. */
  prefetch(): void;
  /** Store what the visitor needs to be known again, or forget it all (false). */
  consent(given?: unknown): void;
  /** The page tells a named event that rules may watch. */
  event(name: unknown, data?: unknown): void;
  /** Look for elements of the page that ask for a form: `data-ringback-inline`. */
  scan(): void;
}

export type Call = [name: keyof Widget, value?: unknown, data?: unknown];
export type Run = (call: Call) => void;

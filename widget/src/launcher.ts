/** What the loader hands to the rest of the widget. Types only, so that it costs nothing. */
import type { SiteConfig, WidgetConfig } from './shared/contracts.gen';

export interface Launcher {
  /** The widget's only element in the customer's page. */
  host: HTMLElement;
  root: ShadowRoot;
  /** Everything visible is in here; it carries the direction, the language and the corner. */
  frame: HTMLElement;
  button: HTMLButtonElement;
  badge: HTMLElement;
  /** The script tag and what its data- attributes say. */
  options: DOMStringMap;
  /** Address of widget.js. */
  src: string;
  siteKey: string;
  config: WidgetConfig;
  /** Take on the site's looks; a quiet site's button is hidden by it. */
  wear(site: SiteConfig): void;
  /** Take the widget away and load the newest one; only once per page, then it does nothing. */
  reload(): void;
}

export type Tab = 'chat' | 'callback';

export interface Widget {
  /** Open the panel, or a survey by its id. */
  open(what?: Tab | 'survey', surveyId?: string): Promise<void>;
  close(): void;
  toggle(): Promise<void>;
  /** Load what opening needs, without opening. */
  prefetch(): void;
  /** Store what the visitor needs to be known again (true), or forget it all (false). */
  consent(given: boolean): void;
  /** The page tells a named event that rules may watch. */
  event(name: unknown, data?: unknown): void;
  /** Look for elements of the page that ask for a form: `data-ringback-inline`. */
  scan(): void;
}

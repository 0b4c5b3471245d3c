/** What the console says to the page in which it shows the widget: a configuration that may not be saved yet. */
import type { InvitationShow, PublicSurvey, WidgetConfig } from './contracts.gen';

export interface PreviewScene {
  config: WidgetConfig;
  /** Language of the page, and so of the widget. Another one needs a new page. */
  locale: string;
  /** Whether the visitor's system is dark. */
  isDark: boolean;
  shown: PreviewShown;
  /** Another number shows the same anew. */
  take: number;
}

export type PreviewShown =
  | { what: 'button' }
  | { what: 'chat' | 'callback' }
  | { what: 'invitation'; told: InvitationShow }
  | { what: 'survey'; survey: PublicSurvey };

/** The address of that page, below the server's. */
export const PREVIEW_PATH = '/preview/index.html';

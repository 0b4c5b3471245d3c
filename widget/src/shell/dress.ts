/** Gives a shadow root the widget's looks: the tokens, the site's colour, what all surfaces share, and what is asked. */
import { readableOn, textOn } from '../shared/color';
import tokens from '../shared/tokens.css?inline';
import ui from './ui.css?inline';

const worn = new WeakMap<ShadowRoot, string[]>();

/** The site's colour, what is written on it, and how it may be used for text and marks on our backgrounds. */
function colours(color: string): string {
  const on = (background: string) => readableOn(color, background);
  return `:host{--c:${color};--f:${textOn(color)};--accent-light:${on('#f4f6f8')};--accent-dark:${on('#2b3138')}}`;
}

/** Add the sheets that `root` does not have yet. */
export function dress(root: ShadowRoot, color: string, ...sheets: string[]): void {
  const has = worn.get(root) ?? [];
  worn.set(root, has);
  for (const text of [tokens, colours(color), ui, ...sheets]) {
    if (has.includes(text)) continue;
    has.push(text);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    root.adoptedStyleSheets.push(sheet);
  }
}

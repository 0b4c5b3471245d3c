/** Gives a shadow root the widget's looks: the tokens, the site's colour, what all surfaces share, and what is asked. */
import { effect, type ReadonlySignal } from '@preact/signals-core';
import { readableOn, textOn } from '../shared/color';
import type { SiteConfig } from '../shared/contracts.gen';
import tokens from '../shared/tokens.css?inline';
import ui from './ui.css?inline';

const worn = new WeakMap<ShadowRoot, string[]>();

/** The site's colour, what is written on it, and how it may be used for text and marks on our backgrounds. */
function colours(color: string): string {
  const on = (background: string) => readableOn(color, background);
  return `:host{--c:${color};--f:${textOn(color)};--accent-light:${on('#f4f6f8')};--accent-dark:${on('#2b3138')}}`;
}

function add(root: ShadowRoot): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  root.adoptedStyleSheets.push(sheet);
  return sheet;
}

/** Add the sheets that `root` does not have yet; its colours follow the site's. */
export function dress(root: ShadowRoot, site: ReadonlySignal<SiteConfig>, ...sheets: string[]): void {
  let has = worn.get(root);
  if (!has) {
    has = [];
    worn.set(root, has);
    const paint = add(root);
    effect(() => paint.replaceSync(colours(site.value.color)));
  }
  for (const text of [tokens, ui, ...sheets]) {
    if (has.includes(text)) continue;
    has.push(text);
    add(root).replaceSync(text);
  }
}

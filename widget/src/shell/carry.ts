/**
 * The next page goes on where this one was left: the panel is open again and holds the half-typed words. They are
 * stored for this tab alone, only on the way from one page to the next, and only of a visitor who may be known again.
 */
import { effect } from '@preact/signals-core';
import type { App } from '../app';
import { isSheet } from './sheet';

interface Left {
  isOpen: boolean;
  tab: string;
  draft: string;
}

/** Storage may be missing, denied or full: then each page begins anew. */
export function mount(app: App): void {
  const { chat, isOpen, keep, launcher, tab, visit } = app;
  const name = `ringback:${launcher.siteKey}:left`;

  function leave() {
    const left: Left = { isOpen: isOpen.peek(), tab: tab.peek(), draft: chat.draft.peek() };
    try {
      if (keep.isAllowed() && (left.isOpen || left.draft)) sessionStorage.setItem(name, JSON.stringify(left));
      else sessionStorage.removeItem(name);
    } catch {
      // The page goes all the same.
    }
  }

  function take(): Partial<Left> | null {
    try {
      const kept = sessionStorage.getItem(name);
      sessionStorage.removeItem(name);
      return kept && JSON.parse(kept);
    } catch {
      return null;
    }
  }

  /** Only with the conversation in it: an empty panel that fills would ask how it can help. */
  function reopen() {
    let isWanted = true;
    const end = effect(() => {
      // The visitor was quicker; closing it again is then the visitor's word.
      if (isOpen.value) isWanted = false;
      const isThere =
        visit.started.value && (!chat.conversation.value || chat.sequence.value.messages.length);
      if (isWanted && isThere) queueMicrotask(show);
    });
    function show() {
      end();
      if (!isWanted || isOpen.peek()) return;
      const { activeElement } = document;
      isOpen.value = true;
      // Nobody pressed anything here: the page has the keyboard.
      (launcher.root.activeElement as HTMLElement | null)?.blur();
      (activeElement as HTMLElement | null)?.focus({ preventScroll: true });
    }
  }

  function arrive() {
    const left = take();
    if (!left) return;
    chat.draft.value ||= `${left.draft ?? ''}`;
    if (left.tab === 'chat' || left.tab === 'callback') tab.value = left.tab;
    // On a phone the panel would cover the page the visitor has just asked for.
    if (left.isOpen && !isSheet()) reopen();
  }

  addEventListener('pagehide', leave);
  // Back out of the browser's cache, this page has it all still.
  addEventListener('pageshow', take);
  arrive();
}

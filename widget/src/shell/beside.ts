/** A place beside the launcher for what comes unasked: said politely, ended by Esc, never in the way of the focus. */
import type { Launcher } from '../launcher';

export interface Beside {
  /** Where it is drawn. */
  place: HTMLElement;
  /** Whether the focus is in it. */
  hasFocus(): boolean;
  /** Have a screen reader say this when it has nothing else to say. */
  announce(text: string): void;
  /** Call `leave` on Esc, until the returned function is called. */
  onEscape(leave: () => void): () => void;
}

export function besideLauncher({ root, frame, button }: Launcher): Beside {
  const place = document.createElement('div');
  // A live region has to be there before its words are.
  const announcer = document.createElement('div');
  announcer.setAttribute('role', 'status');
  announcer.className = 'vh';
  frame.insertBefore(place, button);
  frame.append(announcer);
  return {
    place,
    hasFocus: () => place.contains(root.activeElement),
    announce(text) {
      announcer.textContent = text;
    },
    onEscape(leave) {
      const onKey = (event: KeyboardEvent) => {
        if (event.key === 'Escape' && !event.isComposing && !event.defaultPrevented) leave();
      };
      document.addEventListener('keydown', onKey);
      return () => document.removeEventListener('keydown', onKey);
    },
  };
}

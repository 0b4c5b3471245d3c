// What the browser's tab, its history and a screen reader call the page: what is shown, and what waits.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

const NAME = 'Ringback';
const MOST = 99;

/** The screen that is shown, in words. */
export const shown = signal('');

/** Name the page after what this component shows. */
export function useTitle(text: string): void {
  useEffect(() => {
    shown.value = text;
  }, [text]);
}

/** The title of the page. */
export function titleText(place: string, unread: number): string {
  const waiting = unread > 0 ? `(${unread > MOST ? `${MOST}+` : unread}) ` : '';
  return `${waiting}${place ? `${place} · ` : ''}${NAME}`;
}

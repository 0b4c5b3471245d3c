/** On a phone the open panel fills the screen, above the keyboard. */
export const SHEET = '(max-width: 480px), (max-height: 420px)';

export const isSheet = (): boolean => matchMedia(SHEET).matches;

/** Keep `element` inside what the keyboard leaves of the screen; returns how to stop. */
export function fitToKeyboard(element: HTMLElement): () => void {
  const view = window.visualViewport;
  if (!view) return () => {};
  const fit = () => {
    element.style.setProperty('--view-height', `${view.height}px`);
    element.style.setProperty('--view-top', `${view.offsetTop}px`);
  };
  fit();
  view.addEventListener('resize', fit);
  view.addEventListener('scroll', fit);
  return () => {
    view.removeEventListener('resize', fit);
    view.removeEventListener('scroll', fit);
  };
}

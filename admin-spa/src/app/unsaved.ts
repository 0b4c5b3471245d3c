// What somebody is writing and has not saved: rules and surveys outlive a look at another screen, the console asks before
// it leaves another form, and the window asks before it goes.
import { effect, type ReadonlySignal, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { SiteSummary } from '../../../widget/src/shared/contracts.gen';
import type { Api } from './api';
import { useApp } from './context';

/** Return a hook that gives what `open` made for a site, the same one as long as this console lives. */
export function keptPerSite<T extends { readonly unsaved: ReadonlySignal<{ readonly size: number }> }>(
  open: (call: Api['call'], siteId: string) => T,
): (site: SiteSummary) => T {
  const kept = new WeakMap<object, Map<string, T>>();
  return function useKept({ id }) {
    const { api, console } = useApp();
    const bySite = kept.get(console) ?? new Map<string, T>();
    kept.set(console, bySite);
    const known = bySite.get(id);
    if (known) return known;
    const made = open(api.call, id);
    bySite.set(id, made);
    const hold = (event: BeforeUnloadEvent) => event.preventDefault();
    effect(() => {
      if (made.unsaved.value.size > 0) addEventListener('beforeunload', hold);
      else removeEventListener('beforeunload', hold);
    });
    return made;
  };
}

/** Forms on the screen whose changes are gone when it is left. */
let losing = 0;
let isLeaving = false;
/** The address that somebody wanted from such a form; null when there is nothing to ask. */
export const wanted = signal<string | null>(null);

/** Whether a form holds its screen; then the person is asked. */
export function holds(address: string): boolean {
  if (losing === 0 || isLeaving) return false;
  wanted.value = address;
  return true;
}

/** Go there, whatever is lost. */
export function leave(): void {
  const address = wanted.value;
  wanted.value = null;
  if (address === null) return;
  isLeaving = true;
  addEventListener('hashchange', () => setTimeout(() => (isLeaving = false)), { once: true });
  location.hash = address;
}

/** Leaving a form with something unsaved asks first, whether for another screen or by closing the window. */
export function useUnsavedGuard(isUnsaved: boolean): void {
  useEffect(() => {
    if (!isUnsaved) return;
    const hold = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', hold);
    losing += 1;
    return () => {
      removeEventListener('beforeunload', hold);
      losing -= 1;
    };
  }, [isUnsaved]);
}

// What somebody is writing and has not saved: it outlives a look at another screen, and the window asks before it goes.
import { useEffect } from 'preact/hooks';
import type { SiteSummary } from '../../../widget/src/shared/contracts.gen';
import type { Api } from './api';
import { useApp } from './context';

/** Return a hook that gives what `open` made for a site, the same one as long as this console lives. */
export function keptPerSite<T>(open: (call: Api['call'], siteId: string) => T): (site: SiteSummary) => T {
  const kept = new WeakMap<object, Map<string, T>>();
  return function useKept({ id }) {
    const { api, console } = useApp();
    const bySite = kept.get(console) ?? new Map<string, T>();
    kept.set(console, bySite);
    const made = bySite.get(id) ?? open(api.call, id);
    bySite.set(id, made);
    return made;
  };
}

/** Closing the window with something unsaved asks first; at other times nothing listens. */
export function useUnsavedGuard(isUnsaved: boolean): void {
  useEffect(() => {
    if (!isUnsaved) return;
    const hold = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', hold);
    return () => removeEventListener('beforeunload', hold);
  }, [isUnsaved]);
}

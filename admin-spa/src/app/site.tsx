// The site that a screen works on: loaded once, chosen by a person who has several.
import { type Signal, signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { SiteSummary } from '../../../widget/src/shared/contracts.gen';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { Empty, Field, Skeleton } from '../ui/pieces';
import { useApp } from './context';

const chosen = signal<string | null>(null);

interface Loaded {
  readonly sites: readonly SiteSummary[] | null;
  readonly failure: AskError | null;
}

/** Sites of one signed-in console; a new session starts anew. */
const LOADED = new WeakMap<object, Signal<Loaded>>();

/** The sites of the account, and how to load them anew. */
export function useSites(): Loaded & { reload: () => Promise<void> } {
  const { api, console } = useApp();
  const state = LOADED.get(console) ?? signal<Loaded>({ sites: null, failure: null });
  LOADED.set(console, state);
  async function reload(): Promise<void> {
    try {
      state.value = { sites: await api.sites(), failure: null };
    } catch (thrown) {
      state.value = { sites: null, failure: toAskError(thrown) };
    }
  }
  useEffect(() => {
    if (!state.peek().sites) void reload();
  }, [state]);
  return { ...state.value, reload };
}

/** Work on this site from now on, on every screen. */
export function chooseSite(siteId: string): void {
  chosen.value = siteId;
}

/** Draw what belongs to one site; above it the choice, if there is one. */
export function OneSite(props: {
  children: (site: SiteSummary, reload: () => Promise<void>) => ComponentChildren;
}) {
  const { sites, failure, reload } = useSites();
  if (failure) return <Failed failure={failure} again={() => void reload()} />;
  if (!sites) return <Skeleton rows={4} />;
  const site = sites.find((one) => one.id === chosen.value) ?? sites[0];
  if (!site) return <Empty icon="globe" title={gettext('There is no site yet')} />;
  return (
    <>
      {sites.length > 1 && (
        <Field label={gettext('Site')} class="field-inline">
          {({ id }) => (
            <select
              id={id}
              class="select"
              value={site.id}
              onChange={(event) => {
                chooseSite(event.currentTarget.value);
              }}
            >
              {sites.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      {props.children(site, reload)}
    </>
  );
}

/** A place that could not be loaded, and the way to try again. */
export function Failed({ failure, again }: { failure: AskError; again: () => void }) {
  return (
    <Empty icon={failure.code === 'forbidden' ? 'info' : 'offline'} title={gettext('This cannot be shown')}>
      <p>{errorText(failure)}</p>
      {failure.code !== 'forbidden' && (
        <button type="button" class="button" onClick={again}>
          {gettext('Try again')}
        </button>
      )}
    </Empty>
  );
}

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

/** Draw what belongs to one site; above it the choice, if there is one. */
export function OneSite({ children }: { children: (site: SiteSummary) => ComponentChildren }) {
  const { api, console } = useApp();
  let loaded = LOADED.get(console);
  if (!loaded) {
    loaded = signal<Loaded>({ sites: null, failure: null });
    LOADED.set(console, loaded);
  }
  const state = loaded;
  async function load(): Promise<void> {
    try {
      state.value = { sites: await api.sites(), failure: null };
    } catch (thrown) {
      state.value = { sites: null, failure: toAskError(thrown) };
    }
  }
  useEffect(() => {
    if (!state.peek().sites) void load();
  }, [state]);
  const { sites, failure } = state.value;
  if (failure) return <Failed failure={failure} again={() => void load()} />;
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
                chosen.value = event.currentTarget.value;
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
      {children(site)}
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

import { useSignal } from '@preact/signals';
import { Fragment } from 'preact';
import type { SiteSummary } from '../../../widget/src/shared/contracts.gen';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { Icon } from '../ui/icons';
import { Field } from '../ui/pieces';
import { say } from '../ui/toasts';
import { InstallCheck } from './InstallCheck';
import { originOf, policyFor, scriptTag } from './snippet';

/** Names that need no translation, as our guides are in English. */
const GUIDES = [
  ['html', 'HTML'],
  ['wordpress', 'WordPress'],
  ['tilda', 'Tilda'],
  ['shopify', 'Shopify'],
  ['gtm', 'Google Tag Manager'],
  ['spa', 'React, Vue, SPA'],
] as const;

/** How to put the widget on a site: the tag, what a strict page has to allow, and which pages may use the key. */
export function Install({ site, onSaved }: { site: SiteSummary; onSaved: () => Promise<void> }) {
  const { console } = useApp();
  const admin = console.me.value.role === 'admin';
  return (
    <>
      <InstallCheck site={site} onSaved={onSaved} />
      <section class="panel">
        <h2>{gettext('The script tag')}</h2>
        <p>
          {gettext(
            'Put this line into every page, before the end of the head. It loads without delaying the page.',
          )}
        </p>
        <Code text={scriptTag(location.origin, site.key)} name={gettext('Copy the script tag')} />
        <p>
          {gettext('Step by step:')}{' '}
          {GUIDES.map(([page, name], at) => (
            <Fragment key={page}>
              {at > 0 && ' · '}
              <a href={`/docs/install/${page}`} target="_blank" rel="noopener">
                {name}
              </a>
            </Fragment>
          ))}
        </p>
      </section>
      <section class="panel">
        <h2>{gettext('Content Security Policy')}</h2>
        <p>{gettext('If your site sends such a header, add these sources to it. Nothing else is needed.')}</p>
        <Code text={policyFor(location.origin)} name={gettext('Copy the policy')} />
      </section>
      <section class="panel">
        <h2>{gettext('Allowed origins')}</h2>
        <p>{gettext('Only pages of these addresses can use the site’s key.')}</p>
        {admin ? (
          <Origins site={site} onSaved={onSaved} />
        ) : (
          <ul class="origins">
            {site.origins.map((origin) => (
              <li key={origin}>
                <code>{origin}</code>
              </li>
            ))}
          </ul>
        )}
      </section>
    </>
  );
}

function Code({ text, name }: { text: string; name: string }) {
  return (
    <div class="code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keys */}
      <pre tabIndex={0}>{text}</pre>
      <button
        type="button"
        class="button button-small"
        onClick={() =>
          navigator.clipboard.writeText(text).then(
            () => say(gettext('Copied.')),
            () => say(gettext('The browser did not allow it. Select the text and copy it.'), true),
          )
        }
      >
        <Icon name="copy" size={16} /> {name}
      </button>
    </div>
  );
}

function Origins({ site, onSaved }: { site: SiteSummary; onSaved: () => Promise<void> }) {
  const { api } = useApp();
  const added = useSignal('');
  const failure = useSignal<AskError | null>(null);

  async function save(origins: string[]): Promise<boolean> {
    failure.value = null;
    try {
      await api.patchSite(site.id, { origins });
      await onSaved();
      return true;
    } catch (thrown) {
      failure.value = toAskError(thrown);
      return false;
    }
  }
  /** At once, as the click says; a page that is live there goes dark, so it can be taken back. */
  async function remove(origin: string): Promise<void> {
    const before = site.origins;
    if (!(await save(before.filter((one) => one !== origin)))) return;
    say(gettext('{origin} is not allowed any more.', { origin }), false, {
      label: gettext('Undo'),
      run: () => void save([...before]),
    });
  }
  async function add(event: SubmitEvent) {
    event.preventDefault();
    const origin = originOf(added.value);
    if (!origin) {
      failure.value = toAskError(null);
      return;
    }
    if (await save([...new Set([...site.origins, origin])])) added.value = '';
  }
  const wrong = added.value.trim() !== '' && !originOf(added.value);
  const problem = wrong
    ? gettext('Write it as https://shop.example, without a path.')
    : failure.value && errorText(failure.value);
  return (
    <>
      <ul class="origins">
        {site.origins.map((origin) => (
          <li key={origin}>
            <code>{origin}</code>
            <button
              type="button"
              class="icon-button"
              aria-label={gettext('Remove {origin}', { origin })}
              onClick={() => void remove(origin)}
            >
              <Icon name="bin" size={18} />
            </button>
          </li>
        ))}
      </ul>
      <form class="origin-add" onSubmit={add}>
        <Field label={gettext('Add an address')} error={problem}>
          {({ id, describedBy, invalid }) => (
            <div class="with-button">
              <input
                id={id}
                class="input"
                type="url"
                inputMode="url"
                placeholder="https://shop.example"
                maxLength={255}
                required
                aria-describedby={describedBy}
                aria-invalid={invalid}
                value={added.value}
                onInput={(event) => {
                  added.value = event.currentTarget.value;
                }}
              />
              <button type="submit" class="button" disabled={wrong}>
                <Icon name="plus" size={18} /> {gettext('Add')}
              </button>
            </div>
          )}
        </Field>
      </form>
    </>
  );
}

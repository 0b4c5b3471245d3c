import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Install, InstallList, SiteSummary } from '../../../widget/src/shared/contracts.gen';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { Icon } from '../ui/icons';
import { Skeleton } from '../ui/pieces';
import { span } from '../ui/time';
import { say } from '../ui/toasts';

const LOOK_MS = 4_000;

/** Whether the widget is on the site's pages, as those pages say themselves; looked at as long as this is open. */
export function InstallCheck({ site, onSaved }: { site: SiteSummary; onSaved: () => Promise<void> }) {
  const { api, console } = useApp();
  const list = useSignal<InstallList | null>(null);
  const failure = useSignal<AskError | null>(null);
  const refusal = useSignal<AskError | null>(null);

  async function look(): Promise<void> {
    try {
      list.value = (await api.call('GET', `/sites/${encodeURIComponent(site.id)}/installs`)) as InstallList;
      failure.value = null;
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
  }
  useEffect(() => {
    void look();
    const timer = setInterval(() => {
      if (!document.hidden) void look();
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [site.id, site.origins]);

  async function allow(origin: string): Promise<void> {
    refusal.value = null;
    try {
      await api.patchSite(site.id, { origins: [...site.origins, origin] });
      await onSaved();
      say(gettext('{origin} may use the widget now. Reload the page there.', { origin }));
    } catch (thrown) {
      refusal.value = toAskError(thrown);
    }
  }
  const now = list.value;
  return (
    <section class="panel">
      <h2>{gettext('Is the widget on your page?')}</h2>
      {!now && !failure.value && <Skeleton rows={2} />}
      {failure.value && (
        <div class="alert" role="status">
          <Icon name="offline" />
          <p>
            {errorText(failure.value)} {gettext('It is looked for again by itself.')}
          </p>
        </div>
      )}
      {now && (
        <>
          <div role="status">
            {now.allowed.length > 0 ? (
              <p class="check-state check-good">
                <Icon name="check" /> {gettext('Yes, the widget is on your page.')}
              </p>
            ) : (
              <p class="check-state">
                <i class="check-wait" aria-hidden="true" />
                {gettext(
                  'Not seen yet. Open a page with the tag in another window: it appears here by itself.',
                )}
              </p>
            )}
          </div>
          {now.allowed.length > 0 && (
            <ul class="origins">
              {now.allowed.map((one) => (
                <li key={one.origin}>
                  <code>{one.origin}</code>
                  <Look install={one} newest={now} />
                </li>
              ))}
            </ul>
          )}
          {now.allowed.length > 0 && now.missing.length > 0 && (
            <p class="muted">{gettext('Not seen yet: {list}', { list: now.missing.join(', ') })}</p>
          )}
          {now.refused.length > 0 && (
            <div class="check-refused">
              <p class="check-state check-warn">
                <Icon name="warn" /> {gettext('Pages of these addresses asked for it and were refused:')}
              </p>
              <ul class="origins">
                {now.refused.map((one) => (
                  <li key={one.origin}>
                    <span>
                      <code>{one.origin}</code>
                      <Look install={one} newest={now} />
                    </span>
                    {console.me.value.role === 'admin' && (
                      <button
                        type="button"
                        class="button button-small"
                        aria-label={gettext('Allow {origin}', { origin: one.origin })}
                        onClick={() => void allow(one.origin)}
                      >
                        <Icon name="plus" size={16} /> {gettext('Allow')}
                      </button>
                    )}
                  </li>
                ))}
              </ul>
              <p class="field-hint">
                {console.me.value.role === 'admin'
                  ? gettext('Allow only what is yours: whoever copies your page copies the tag too.')
                  : gettext('An administrator can allow them.')}
              </p>
            </div>
          )}
          {refusal.value && (
            <p class="field-error" role="alert">
              <Icon name="warn" size={16} /> {errorText(refusal.value)}
            </p>
          )}
        </>
      )}
    </section>
  );
}

/** When it was seen last, and what its widget is. */
function Look({ install, newest }: { install: Install; newest: InstallList }) {
  const { nowMs } = useApp();
  const ago = Math.max(0, nowMs.value - install.lastSeenAtMs);
  const isOld =
    install.protocol !== null &&
    (install.protocol < newest.protocol || (install.version !== null && install.version !== newest.version));
  return (
    <span class="check-look muted">
      {ago < 60_000 ? gettext('seen just now') : gettext('seen {span} ago', { span: span(ago) })}
      {install.version !== null && ` · ${gettext('version {version}', { version: install.version })}`}
      {install.protocol !== null && ` · ${gettext('protocol {n}', { n: install.protocol })}`}
      {isOld && <span class="chip chip-warn">{gettext('an older copy: empty the caches before it')}</span>}
    </span>
  );
}

// The widget as visitors get it, in a frame: its public build, with what is not saved yet. The frame has no origin and
// may connect to nothing, so no visitor comes into being by looking at it.
import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { SiteConfig, WidgetConfig } from '../../../widget/src/shared/contracts.gen';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { PREVIEW_PATH, type PreviewScene, type PreviewShown } from '../../../widget/src/shared/preview';
import { useApp } from '../app/context';
import { Segments } from './Inputs';
import { Skeleton } from './pieces';
import './preview.css';

export type Device = 'desktop' | 'phone';
/** CSS pixels of the frame's own window; it is drawn smaller where there is less room. */
const WIDTH = { desktop: 700, corner: 500, phone: 375 };

interface Props {
  siteKey: string;
  locale: string;
  shown: PreviewShown;
  /** How the site looks, if it is not as it is saved. */
  look?: (site: SiteConfig) => SiteConfig;
  /** Whether someone can answer. */
  attended?: boolean;
  about: string;
  /** Only what stands in the corner is of interest: on a computer it is shown larger. */
  closeUp?: boolean;
  children?: ComponentChildren;
}

export function WidgetPreview(props: Props) {
  const { siteKey, locale, shown, look, attended = true, closeUp = false } = props;
  const { api } = useApp();
  const config = useSignal<WidgetConfig | null>(null);
  const failure = useSignal<AskError | null>(null);
  const device = useSignal<Device>('desktop');
  const isDark = useSignal(document.documentElement.dataset.theme === 'dark');
  const take = useSignal(0);

  async function load(): Promise<void> {
    failure.value = null;
    try {
      config.value = (await api.call('GET', `/widget/${encodeURIComponent(siteKey)}`)) as WidgetConfig;
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
  }
  useEffect(() => void load(), [siteKey]);

  const now = config.value;
  return (
    <figure class="preview">
      <figcaption>
        {gettext('Preview')} <span class="muted">{props.about}</span>
      </figcaption>
      {props.children}
      {now ? (
        <Stage
          view={device.value === 'phone' ? 'phone' : closeUp ? 'corner' : 'desktop'}
          scene={{
            config: {
              site: { ...(look ? look(now.site) : now.site), consultantsOnline: attended },
              callback: {
                ...now.callback,
                offered: true,
                opensAtMs: null,
                closed: null,
                opensOffsetMin: null,
              },
            },
            locale,
            isDark: isDark.value,
            shown,
            take: take.value,
          }}
        />
      ) : failure.value ? (
        <p class="preview-none" role="alert">
          {errorText(failure.value)}{' '}
          <button type="button" class="button button-small" onClick={() => void load()}>
            {gettext('Try again')}
          </button>
        </p>
      ) : (
        <Skeleton rows={5} />
      )}
      <Tools device={device} isDark={isDark} onAgain={() => take.value++} />
    </figure>
  );
}

function Tools(props: { device: Signal<Device>; isDark: Signal<boolean>; onAgain: () => void }) {
  const { device, isDark } = props;
  return (
    <div class="preview-tools">
      <Segments
        label={gettext('Screen')}
        value={device.value}
        options={[
          { value: 'desktop', label: gettext('Computer') },
          { value: 'phone', label: gettext('Phone') },
        ]}
        onChange={(next) => {
          device.value = next;
        }}
      />
      <Segments
        label={gettext('The visitor’s system')}
        value={isDark.value ? 'dark' : 'light'}
        options={[
          { value: 'light', label: gettext('Light') },
          { value: 'dark', label: gettext('Dark') },
        ]}
        onChange={(next) => {
          isDark.value = next === 'dark';
        }}
      />
      <button type="button" class="button button-small" onClick={props.onAgain}>
        {gettext('Show it again')}
      </button>
    </div>
  );
}

function Stage({ scene, view }: { scene: PreviewScene; view: keyof typeof WIDTH }) {
  const box = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLIFrameElement>(null);
  // The frame is a page without an origin, so none can be named; what it is told is no secret.
  const post = () => frame.current?.contentWindow?.postMessage(scene, '*');
  useEffect(() => {
    post();
  });
  useEffect(() => {
    const stage = box.current;
    if (!stage || typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(() => {
      stage.style.setProperty('--scale', String(Math.min(1, stage.clientWidth / WIDTH[view])));
    });
    observer.observe(stage);
    return () => observer.disconnect();
  }, [view]);
  return (
    <div ref={box} class={`stage stage-${view}`}>
      <iframe
        // A page is in one language, of one device, and asks once whether someone is there.
        key={`${scene.locale} ${view} ${scene.config.site.consultantsOnline}`}
        ref={frame}
        title={gettext('Preview of the widget')}
        src={PREVIEW_PATH}
        sandbox="allow-scripts allow-forms"
        onLoad={post}
      />
    </div>
  );
}

// A screen whose code comes when it is first opened; the first view of the console does not pay for it.
import { useSignal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { gettext } from '../../../widget/src/shared/gettext';
import { Empty, Skeleton } from './pieces';

/** Draw what `load` brings, with these properties; `load` must always be the same function. */
export function Later<P extends object>({ load, ...rest }: { load: () => Promise<ComponentType<P>> } & P) {
  const part = useSignal<{ Screen: ComponentType<P> } | 'loading' | 'failed'>('loading');
  function begin(): void {
    part.value = 'loading';
    load().then(
      (Screen) => {
        part.value = { Screen };
      },
      () => {
        part.value = 'failed';
      },
    );
  }
  useEffect(begin, [load]);
  const now = part.value;
  if (now === 'loading') return <Skeleton rows={6} />;
  if (now === 'failed') {
    return (
      <Empty icon="offline" title={gettext('This part could not be loaded')}>
        <p>{gettext('Check the connection. If the console was updated meanwhile, reload the page.')}</p>
        <button type="button" class="button" onClick={begin}>
          {gettext('Try again')}
        </button>
      </Empty>
    );
  }
  return <now.Screen {...(rest as unknown as P)} />;
}

// What is kept of a visitor: handed out, or erased for good. For admins; the audit trail says who did it.
import { useSignal } from '@preact/signals';
import type { VisitorCard, VisitorErased } from '../../../widget/src/shared/contracts.gen';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext, ngettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { visitorName } from '../app/words';
import { Confirm } from '../ui/Confirm';
import { Dialog } from '../ui/layers';
import { say } from '../ui/toasts';

export function VisitorData({ visitor }: { visitor: VisitorCard }) {
  const { api, console, route, go } = useApp();
  const open = useSignal(false);
  const busy = useSignal(false);
  if (console.me.value.role !== 'admin') return null;
  const path = `/visitors/${encodeURIComponent(visitor.id)}`;

  async function handOut(): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    try {
      const data = await api.call('GET', `${path}/export`);
      download(`visitor-${visitor.number}.json`, JSON.stringify(data, null, 2));
    } catch (thrown) {
      say(errorText(toAskError(thrown)), true);
    }
    busy.value = false;
  }

  return (
    <section>
      <h3>{gettext('Personal data')}</h3>
      <div class="buttons">
        <button
          type="button"
          class="button button-small"
          disabled={busy.value}
          onClick={() => void handOut()}
        >
          {gettext('Download')}
        </button>
        <button
          type="button"
          class="button button-small"
          onClick={() => {
            open.value = true;
          }}
        >
          {gettext('Erase…')}
        </button>
      </div>
      <Dialog open={open} title={gettext('Erase {name}?', { name: visitorName(visitor) })}>
        <Erase
          erase={async () => (await api.call('DELETE', path)) as VisitorErased}
          onDone={(erased) => {
            open.value = false;
            if (erased) go(route.value.screen);
          }}
        />
      </Dialog>
    </section>
  );
}

function Erase(props: { erase: () => Promise<VisitorErased>; onDone: (erased: boolean) => void }) {
  const { erase, onDone } = props;
  const failure = useSignal<AskError | null>(null);
  const busy = useSignal(false);

  async function run(): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      const { waiting } = await erase();
      onDone(true);
      say(
        waiting > 0
          ? ngettext(
              'Erased. {n} call still runs and is erased when it is over.',
              'Erased. {n} calls still run and are erased when they are over.',
              waiting,
            )
          : gettext('Everything that was kept of this visitor is erased.'),
      );
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
    busy.value = false;
  }

  return (
    <Confirm
      text={gettext(
        'The conversation, calls, survey answers, visits and pages of this visitor are deleted for good. Nobody can bring them back. Blocked numbers stay blocked.',
      )}
      problem={failure.value && errorText(failure.value)}
      yes={gettext('Erase for good')}
      isBusy={busy.value}
      onYes={() => void run()}
      onNo={() => onDone(false)}
    />
  );
}

function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

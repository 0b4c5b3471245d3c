import { type Signal, useSignal } from '@preact/signals';
import { type AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { TextInput } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { Dialog } from '../ui/layers';
import { Choice } from '../ui/pieces';
import { addBlock, type Kind, type Lasts, lastsS, sayBlocked, useBlock } from './blocks';

interface Props {
  open: Signal<boolean>;
  kind: Extract<Kind, 'visitor' | 'phone'>;
  value: string;
  /** How the visitor is called here; of a number the number. */
  name: string;
}

/** Ask once more, and why, before a visitor or a number is refused. */
export function BlockDialog({ open, kind, value, name }: Props) {
  return (
    <Dialog open={open} title={gettext('Block {name}?', { name })}>
      <BlockForm open={open} kind={kind} value={value} name={name} />
    </Dialog>
  );
}

/** At a call: the button, or that the number is blocked already. */
export function BlockNumber({ phone }: { phone: string }) {
  const open = useSignal(false);
  const block = useBlock('phone', phone);
  return (
    <>
      {block ? (
        <span class="chip chip-missed">{gettext('Number is blocked')}</span>
      ) : (
        <button
          type="button"
          class="icon-button"
          aria-label={gettext('Block this number')}
          title={gettext('Block this number')}
          onClick={() => {
            open.value = true;
          }}
        >
          <Icon name="ban" />
        </button>
      )}
      <BlockDialog open={open} kind="phone" value={phone} name={phone} />
    </>
  );
}

function BlockForm({ open, kind, value }: Props) {
  const { api } = useApp();
  const reason = useSignal('');
  const lasts = useSignal<Lasts>('week');
  const busy = useSignal(false);
  const failure = useSignal<AskError | null>(null);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      const wanted = { kind, value, reason: reason.value.trim(), lastsS: lastsS(lasts.value) };
      const block = await addBlock(api, wanted);
      open.value = false;
      sayBlocked(api, block);
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
    busy.value = false;
  }
  return (
    <form class="block-form" onSubmit={submit}>
      <p>
        {kind === 'visitor'
          ? gettext('The page still opens for them, but they can neither write nor ask for a call.')
          : gettext('This number is not called any more, also where a call is waiting already.')}
      </p>
      <TextInput
        label={gettext('Reason')}
        hint={gettext('Only your colleagues see it.')}
        maxLength={200}
        value={reason.value}
        onChange={(text) => {
          reason.value = text;
        }}
      />
      <LastsChoice
        value={lasts.value}
        onChange={(chosen) => {
          lasts.value = chosen;
        }}
      />
      {failure.value && (
        <p class="field-error" role="alert">
          <Icon name="warn" size={16} /> {errorText(failure.value)}
        </p>
      )}
      <div class="block-actions">
        <button
          type="button"
          class="button"
          onClick={() => {
            open.value = false;
          }}
        >
          {gettext('Cancel')}
        </button>
        <button type="submit" class="button button-danger" disabled={busy.value}>
          {gettext('Block')}
        </button>
      </div>
    </form>
  );
}

export function LastsChoice(props: { value: Lasts; onChange: (lasts: Lasts) => void }) {
  return (
    <Choice
      legend={gettext('For how long')}
      value={props.value}
      options={[
        { value: 'day', label: gettext('A day') },
        { value: 'week', label: gettext('A week') },
        { value: 'ever', label: gettext('For ever') },
      ]}
      onChange={props.onChange}
    />
  );
}

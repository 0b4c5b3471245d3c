// What a dialog asks before something that cannot be taken back: what happens, why it did not, and both ways.
import { gettext } from '../../../widget/src/shared/gettext';
import { Icon } from './icons';

export function Confirm(props: {
  text: string;
  /** Why it could not be done; the dialog stays then. */
  problem?: string | null | undefined;
  yes: string;
  no?: string;
  isBusy?: boolean;
  onYes: () => void;
  onNo: () => void;
}) {
  return (
    <div class="stack-s">
      <p>{props.text}</p>
      {props.problem && (
        <p class="field-error" role="alert">
          <Icon name="warn" size={16} /> {props.problem}
        </p>
      )}
      <div class="buttons">
        <button
          type="button"
          class="button button-danger"
          disabled={props.isBusy ?? false}
          onClick={() => props.onYes()}
        >
          {props.yes}
        </button>
        <button type="button" class="button button-quiet" onClick={() => props.onNo()}>
          {props.no ?? gettext('Cancel')}
        </button>
      </div>
    </div>
  );
}

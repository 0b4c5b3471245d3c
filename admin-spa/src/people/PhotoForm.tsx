import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { Icon } from '../ui/icons';
import { Avatar } from '../ui/pieces';
import { say } from '../ui/toasts';
import type { People } from './people';
import { squarePhoto } from './photo';

/** Choose a picture; it is cut to a square here, before it is sent. */
export function PhotoForm({ people, id, onDone }: { people: People; id: string; onDone: () => void }) {
  const one = people.list.value?.find(({ person }) => person.id === id);
  const input = useRef<HTMLInputElement>(null);
  const failure = useSignal<string | null>(null);
  const busy = useSignal(false);
  if (!one) return null;
  const { person } = one;

  async function run(work: () => Promise<unknown>, done: string): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      await work();
      say(done);
    } catch (thrown) {
      failure.value = errorText(toAskError(thrown));
    }
    busy.value = false;
  }
  async function take(file: File | undefined): Promise<void> {
    if (!file || !one) return;
    await run(async () => {
      const image = await squarePhoto(file).catch(() => {
        throw new AskError('photo_invalid');
      });
      await people.setPhoto(one, image);
    }, gettext('The photo is saved.'));
    if (input.current) input.current.value = '';
  }
  return (
    <div class="stack-s photo-form">
      <Avatar name={person.name} id={person.id} photo={person.photoUrl} />
      <p class="muted">
        {gettext('Visitors see it when this person invites them to a chat. Without one they see initials.')}
      </p>
      {failure.value && (
        <p class="field-error" role="alert">
          <Icon name="warn" size={16} /> {failure.value}
        </p>
      )}
      <div class="buttons">
        <label class="button button-primary photo-pick" aria-disabled={busy.value}>
          {person.photoUrl ? gettext('Choose another') : gettext('Choose a photo')}
          <input
            ref={input}
            class="sr-only"
            type="file"
            accept="image/png,image/jpeg,image/webp"
            disabled={busy.value}
            onChange={(event) => void take(event.currentTarget.files?.[0])}
          />
        </label>
        {person.photoUrl && (
          <button
            type="button"
            class="button"
            disabled={busy.value}
            onClick={() => void run(() => people.removePhoto(one), gettext('The photo is removed.'))}
          >
            {gettext('Remove')}
          </button>
        )}
        <button type="button" class="button button-quiet" onClick={() => onDone()}>
          {gettext('Done')}
        </button>
      </div>
    </div>
  );
}

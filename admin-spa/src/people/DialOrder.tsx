import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Colleague } from '../../../widget/src/shared/contracts.gen';
import { errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { Icon } from '../ui/icons';
import { Avatar } from '../ui/pieces';
import { say } from '../ui/toasts';
import type { People } from './people';

/** Who is dialled after whom, moved by buttons; the focus stays with the person who moves. */
export function DialOrder({ people, admin }: { people: People; admin: boolean }) {
  const list = useRef<HTMLOListElement>(null);
  const told = useSignal('');
  const order = people.order.value;

  async function move(one: Colleague, by: -1 | 1): Promise<void> {
    const place = order.indexOf(one) + by + 1;
    const moving = people.move(one, by);
    told.value = gettext('{name}: place {n}', { name: one.person.name, n: place });
    requestAnimationFrame(() => {
      const row = list.current?.children[place - 1];
      const wanted = row?.querySelector<HTMLElement>(`[data-by="${by}"]:not(:disabled)`);
      (wanted ?? row?.querySelector<HTMLElement>('[data-by]:not(:disabled)'))?.focus();
    });
    try {
      await moving;
    } catch (thrown) {
      say(errorText(toAskError(thrown)), true);
      void people.load();
    }
  }
  const mover = (one: Colleague, at: number, by: -1 | 1) => (
    <button
      type="button"
      class="icon-button"
      data-by={by}
      disabled={by < 0 ? at === 0 : at === order.length - 1}
      aria-label={
        by < 0
          ? gettext('Move {name} up', { name: one.person.name })
          : gettext('Move {name} down', { name: one.person.name })
      }
      onClick={() => void move(one, by)}
    >
      <Icon name={by < 0 ? 'up' : 'down'} />
    </button>
  );
  return (
    <section class="panel">
      <h2>{gettext('Who is called first')}</h2>
      <p class="muted">{gettext('A callback rings these phones in this order, until somebody presses 1.')}</p>
      <ol class="people-list dial-order" ref={list}>
        {order.map((one, at) => (
          <li key={one.person.id} class="person">
            <span class="place" aria-hidden="true">
              {at + 1}
            </span>
            <Avatar name={one.person.name} id={one.person.id} photo={one.person.photoUrl} />
            <span class="person-who">
              <strong dir="auto">{one.person.name}</strong>
              <span class="person-line">
                {admin && (one.phone ? <bdi>{one.phone}</bdi> : gettext('No phone: is not called'))}
                {one.person.status === 'away' && <span>{gettext('Away: is not called now')}</span>}
              </span>
            </span>
            {admin && (
              <span class="movers">
                {mover(one, at, -1)}
                {mover(one, at, 1)}
              </span>
            )}
          </li>
        ))}
      </ol>
      <p class="sr-only" role="status">
        {told.value}
      </p>
    </section>
  );
}

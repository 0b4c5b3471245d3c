/** A place without content yet: what it is for, and what to do. */
import type { ComponentChildren } from 'preact';
import { Icon } from './Icon';

export function Empty(props: { icon: 'chat' | 'phone'; title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <span class="medal">
        <Icon name={props.icon} />
      </span>
      <h3>{props.title}</h3>
      {props.children}
    </div>
  );
}

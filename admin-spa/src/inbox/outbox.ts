// What was written and is not acknowledged yet. Survives a reload of the tab; a tab that is closed was seen to be closed.
import type { Pending } from './thread';

const KEY = 'ringback.console.outbox';

export interface Outbox {
  load(): Pending[];
  save(pending: readonly Pending[]): void;
}

/** The outbox of this tab; memory alone where the browser keeps nothing. */
export function sessionOutbox(storage: () => Storage = () => sessionStorage): Outbox {
  return {
    load() {
      try {
        const found: unknown = JSON.parse(storage().getItem(KEY) ?? '[]');
        return Array.isArray(found) ? found.filter(isPending) : [];
      } catch {
        return [];
      }
    },
    save(pending) {
      try {
        storage().setItem(KEY, JSON.stringify(pending));
      } catch {
        // Storage is denied or full: the copy in memory still serves until the tab goes.
      }
    },
  };
}

function isPending(value: unknown): value is Pending {
  if (typeof value !== 'object' || value === null) return false;
  const one = value as Partial<Pending>;
  return (
    typeof one.clientMessageId === 'string' &&
    typeof one.conversationId === 'string' &&
    typeof one.text === 'string'
  );
}

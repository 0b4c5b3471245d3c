// What was written and is not acknowledged yet. Survives a reload of the tab; a tab that is closed was seen to be closed.
import type { Pending } from './thread';

const KEY = 'ringback.console.outbox';

export interface Outbox {
  load(): Pending[];
  save(pending: readonly Pending[]): void;
}

/** One person's outbox in this tab, so that nobody sends what another wrote; memory alone where nothing can be kept. */
export function sessionOutbox(personId: string, storage: () => Storage = () => sessionStorage): Outbox {
  const key = `${KEY}.${personId}`;
  return {
    load() {
      try {
        const found: unknown = JSON.parse(storage().getItem(key) ?? '[]');
        return Array.isArray(found) ? found.filter(isPending) : [];
      } catch {
        return [];
      }
    },
    save(pending) {
      try {
        storage().setItem(key, JSON.stringify(pending));
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

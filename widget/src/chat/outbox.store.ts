/** Where the outbox keeps messages: IndexedDB, or memory where the browser stores nothing. */
import type { OutboxStore, Pending } from './outbox';

export function memoryStore(): OutboxStore {
  const kept = new Map<string, Pending>();
  return {
    shared: false,
    all: async () => [...kept.values()],
    put: async (pending) => void kept.set(pending.clientMessageId, pending),
    remove: async (id) => void kept.delete(id),
    clear: async () => kept.clear(),
  };
}

const STORE = 'outbox';

const open = (name: string): Promise<IDBDatabase> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'clientMessageId' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/**
 * A store in IndexedDB that opens the database at its first use, not before: nothing is written into the browser of
 * a visitor who has not acted. Where that fails it is a memory store from then on.
 */
export function browserStore(name: string): OutboxStore {
  const spare = memoryStore();
  let database: Promise<IDBDatabase> | undefined;
  let denied = false;

  async function run<T>(
    mode: IDBTransactionMode,
    use: (s: IDBObjectStore) => IDBRequest,
    instead: () => Promise<T>,
  ): Promise<T> {
    if (denied) return instead();
    try {
      database ??= open(name);
      const transaction = (await database).transaction(STORE, mode);
      const request = use(transaction.objectStore(STORE));
      return await new Promise<T>((resolve, reject) => {
        transaction.oncomplete = () => resolve(request.result as T);
        transaction.onabort = transaction.onerror = () => reject(transaction.error);
      });
    } catch {
      denied = true;
      return instead();
    }
  }

  return {
    get shared() {
      return !denied;
    },
    all: () => run('readonly', (s) => s.getAll(), spare.all),
    put: (pending) =>
      run<unknown>(
        'readwrite',
        (s) => s.put(pending),
        () => spare.put(pending),
      ) as Promise<void>,
    remove: (id) =>
      run<unknown>(
        'readwrite',
        (s) => s.delete(id),
        () => spare.remove(id),
      ) as Promise<void>,
    async clear() {
      await spare.clear();
      const opened = await database?.catch(() => undefined);
      opened?.close();
      database = undefined;
      if (opened) indexedDB.deleteDatabase(name);
    },
  };
}

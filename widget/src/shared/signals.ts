/**
 * The part of @preact/signals-core that the widget uses, in 0.4 kB instead of 1.5: signal, computed, effect, batch.
 *
 * The sources import the real package and the tests run on it; the widget's build puts this module in its place (see
 * tools/build-web.mjs). A test runs the same graphs on both. The one difference: an effect of a computed value runs
 * again even if the value came out the same.
 */
interface Watcher {
  /** The lists this watcher stands in. */
  deps: Set<Set<Watcher>>;
  stale(): void;
}

const ROUNDS = 100;

let active: Watcher | undefined;
let depth = 0;
const queue = new Set<() => void>();

function watch(subscribers: Set<Watcher>): void {
  if (!active) return;
  subscribers.add(active);
  active.deps.add(subscribers);
}

/** Run `read` and note for `watcher` what it has read; what it read before is forgotten. */
function track<T>(watcher: Watcher, read: () => T): T {
  for (const list of watcher.deps) list.delete(watcher);
  watcher.deps.clear();
  const outer = active;
  active = watcher;
  try {
    return read();
  } finally {
    active = outer;
  }
}

/** Run what has become stale. Effects may change signals: what that makes stale joins the end of the queue. */
function flush(): void {
  const errors: unknown[] = [];
  let left = ROUNDS * (queue.size + 1);
  for (const run of queue) {
    queue.delete(run);
    try {
      if (!left--) {
        queue.clear();
        throw new Error('Cycle detected');
      }
      run();
    } catch (error) {
      errors.push(error);
    }
  }
  depth = 0;
  if (errors.length) throw errors[0];
}

/** Run `change` and let the effects run once, after all of it; an effect that throws does not stop the others. */
export function batch<T>(change: () => T): T {
  depth++;
  try {
    return change();
  } finally {
    if (depth === 1) flush();
    else depth--;
  }
}

export function signal<T>(value: T) {
  const subscribers = new Set<Watcher>();
  return {
    peek: () => value,
    get value() {
      watch(subscribers);
      return value;
    },
    set value(next: T) {
      if (next === value) return;
      value = next;
      batch(() => {
        for (const watcher of [...subscribers]) watcher.stale();
      });
    },
  };
}

export function computed<T>(read: () => T) {
  const subscribers = new Set<Watcher>();
  let isStale = true;
  let value: T;
  const me: Watcher = {
    deps: new Set(),
    stale() {
      if (isStale) return;
      isStale = true;
      for (const watcher of [...subscribers]) watcher.stale();
    },
  };
  const peek = () => {
    if (isStale) {
      isStale = false;
      value = track(me, read);
    }
    return value;
  };
  return {
    peek,
    get value() {
      watch(subscribers);
      return peek();
    },
  };
}

/** Run `act` now and whenever something it read has changed; what it returns is called before the next run. */
export function effect(act: () => unknown): () => void {
  let clean: unknown;
  const stop = () => {
    if (typeof clean === 'function') clean();
    clean = undefined;
  };
  const run = () => {
    stop();
    clean = track(me, act);
  };
  const me: Watcher = { deps: new Set(), stale: () => void queue.add(run) };
  batch(run);
  return () => {
    track(me, stop);
    queue.delete(run);
  };
}

/** Parts of the panel that are loaded when they are to be seen. */
import { type Signal, signal } from '@preact/signals-core';

/**
 * Return what gives the part, null until it is there; asked for the first time, it loads. Offline, most likely, that
 * fails: it is tried again as long as the part is wanted.
 */
export function later<T>(load: () => Promise<T>, isWanted: Signal<boolean>): () => T | null {
  const part = signal<T | null>(null);
  let isLoading = false;
  const start = () => {
    if (isLoading) return;
    isLoading = true;
    load().then(
      (loaded) => {
        part.value = loaded;
      },
      () => {
        isLoading = false;
        if (isWanted.value) setTimeout(start, 3000);
      },
    );
  };
  return () => {
    start();
    return part.value;
  };
}

/**
 * Take what only one tab may have, such as showing an invitation; it is held until the page goes. Without locks every
 * tab gets its own.
 */
export async function claim(name: string): Promise<boolean> {
  const { locks } = navigator;
  if (!locks) return true;
  const held = new AbortController();
  return new Promise((resolve) => {
    locks
      .request(`ringback:${name}`, { ifAvailable: true }, (lock) => {
        resolve(!!lock);
        // A page that goes to the back/forward cache must hold nothing.
        return lock && new Promise<void>((done) => addEventListener('pagehide', () => done(), held));
      })
      .finally(() => held.abort())
      .catch(() => resolve(true));
  });
}

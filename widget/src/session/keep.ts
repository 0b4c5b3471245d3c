/**
 * What the browser keeps of a visitor: one token, and only once the visitor acted (wrote, asked for a call) or the
 * page said that consent was given. Until then it lives in the memory of the open tabs and goes with them.
 */
export interface Keep {
  /** The token of an earlier visit:start, or null for a visitor nobody knows. */
  token(): string | null;
  /** Whether anything may be stored in this browser. */
  isAllowed(): boolean;
  setToken(token: string): void;
  /** The visitor acted or consented: from now on the token outlives the page. */
  allow(): void;
  /** Take everything back: the token is gone from memory and storage. */
  forget(): void;
}

export function createKeep(siteKey: string, storage: () => Storage): Keep {
  const name = `ringback:${siteKey}`;
  // Storage may be missing, denied or full; then the visit lives as long as the page.
  const attempt = <T>(use: (s: Storage) => T): T | null => {
    try {
      return use(storage());
    } catch {
      return null;
    }
  };
  let token = attempt((s) => s.getItem(name));
  let allowed = token !== null;
  const save = () => {
    if (allowed && token) attempt((s) => s.setItem(name, token as string));
  };
  return {
    token: () => token,
    isAllowed: () => allowed,
    setToken(next) {
      token = next;
      save();
    },
    allow() {
      allowed = true;
      save();
    },
    forget() {
      token = null;
      allowed = false;
      attempt((s) => s.removeItem(name));
    },
  };
}

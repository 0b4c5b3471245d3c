/**
 * What the browser keeps of a visitor: one token, and only once the visitor acted (wrote, asked for a call) or the
 * page said that consent was given; for this tab alone once an invitation was answered or closed. Until then it lives
 * in the memory of the open tabs and goes with them.
 */
export interface Keep {
  /** The token of an earlier visit:start, or null for a visitor nobody knows. */
  token(): string | null;
  /** Whether the token outlives the visit. */
  isAllowed(): boolean;
  setToken(token: string): void;
  /** The visitor acted or consented: from now on the token outlives the page. */
  allow(): void;
  /** The visitor answered an invitation: the next page of this tab knows it. */
  stay(): void;
  /** Take everything back: the token is gone from memory and storage. */
  forget(): void;
}

/** @param storages what outlives the visit, and what goes with the tab. */
export function createKeep(
  siteKey: string,
  ...storages: [lasting: () => Storage, ofTab: () => Storage]
): Keep {
  const name = `ringback:${siteKey}`;
  // Storage may be missing, denied or full; then the visit lives as long as the page.
  const attempt = <T>(storage: () => Storage, use: (s: Storage) => T): T | null => {
    try {
      return use(storage());
    } catch {
      return null;
    }
  };
  const [lasting, ofTab] = storages;
  let token = attempt(lasting, (s) => s.getItem(name));
  let allowed = token !== null;
  token ??= attempt(ofTab, (s) => s.getItem(name));
  let stays = token !== null;
  const save = () => {
    if (stays && token) attempt(allowed ? lasting : ofTab, (s) => s.setItem(name, token as string));
  };
  return {
    token: () => token,
    isAllowed: () => allowed,
    setToken(next) {
      token = next;
      save();
    },
    allow() {
      allowed = stays = true;
      save();
    },
    stay() {
      stays = true;
      save();
    },
    forget() {
      token = null;
      allowed = stays = false;
      for (const storage of storages) attempt(storage, (s) => s.removeItem(name));
    },
  };
}

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
  /** Null forgets the token, not where it may be kept. */
  setToken(token: string | null): void;
  /** The visitor acted or consented: from now on the token outlives the page. */
  allow(): void;
  /** The visitor answered an invitation: the next page of this tab knows it. */
  stay(): void;
  /** Take everything back: the token is gone from memory and storage. */
  forget(): void;
}

/** @param lasting what outlives the visit; `ofTab` goes with the tab. */
export function createKeep(siteKey: string, lasting: () => Storage, ofTab: () => Storage): Keep {
  const name = `ringback:${siteKey}`;
  // Storage may be missing, denied or full; then the visit lives as long as the page.
  const attempt = <T>(storage: () => Storage, use: (storage: Storage) => T) => {
    try {
      return use(storage());
    } catch {
      return null;
    }
  };
  let token: string | null = null;
  let place: (() => Storage) | undefined;
  for (const at of [ofTab, lasting]) {
    const kept = attempt(at, (storage) => storage.getItem(name));
    if (kept) [token, place] = [kept, at];
  }
  const save = () => {
    if (place) attempt(place, (storage) => (token ? storage.setItem(name, token) : storage.removeItem(name)));
  };
  return {
    token: () => token,
    isAllowed: () => place === lasting,
    setToken(next) {
      token = next;
      save();
    },
    allow() {
      place = lasting;
      if (token) save();
    },
    stay() {
      place ??= ofTab;
      save();
    },
    forget() {
      token = null;
      for (place of [lasting, ofTab]) save();
      place = undefined;
    },
  };
}

// The console's few HTTP requests. Same origin, the session cookie travels by itself.
import type {
  CallingPatch,
  CallingSettings,
  Person,
  SitePatch,
  SiteSummary,
} from '../../../widget/src/shared/contracts.gen';
import { AskError } from '../../../widget/src/shared/errors';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Api {
  /** One request of a part that is loaded later: `call('GET', '/sites/s1/rules')`. Rejects with an AskError. */
  call(method: Method, path: string, body?: unknown): Promise<unknown>;
  /** Who is signed in, or null. */
  session(): Promise<Person | null>;
  signIn(email: string, password: string): Promise<Person>;
  signOut(): Promise<void>;
  sites(): Promise<SiteSummary[]>;
  patchSite(siteId: string, patch: SitePatch): Promise<void>;
  calling(siteId: string): Promise<CallingSettings>;
  patchCalling(siteId: string, patch: CallingPatch): Promise<CallingSettings>;
}

const TIMEOUT_MS = 15_000;

export function httpApi(fetcher: typeof fetch = (input, init) => fetch(input, init)): Api {
  async function call(method: Method, path: string, body?: unknown): Promise<unknown> {
    let response: Response;
    try {
      response = await fetcher(`/api/v1${path}`, {
        method,
        credentials: 'same-origin',
        // What may be cached for visitors has to be fresh for those who change it.
        cache: 'no-cache',
        headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      throw new AskError('connection_lost');
    }
    const reply: unknown = await response.json().catch(() => null);
    if (response.ok) return reply;
    const error = (reply as { error?: { code?: string; details?: Record<string, unknown> } } | null)?.error;
    throw new AskError(error?.code ?? 'internal_error', error?.details);
  }
  const site = (siteId: string) => `/sites/${encodeURIComponent(siteId)}`;
  return {
    call,
    async session() {
      try {
        return ((await call('GET', '/session')) as { person: Person }).person;
      } catch (failure) {
        if (failure instanceof AskError && ['unauthenticated', 'session_expired'].includes(failure.code))
          return null;
        throw failure;
      }
    },
    async signIn(email, password) {
      return ((await call('POST', '/session', { email, password })) as { person: Person }).person;
    },
    async signOut() {
      await call('DELETE', '/session');
    },
    async sites() {
      return ((await call('GET', '/sites')) as { sites: SiteSummary[] }).sites;
    },
    async patchSite(siteId, patch) {
      await call('PATCH', site(siteId), patch);
    },
    async calling(siteId) {
      return (await call('GET', `${site(siteId)}/calling`)) as CallingSettings;
    },
    async patchCalling(siteId, patch) {
      return (await call('PATCH', `${site(siteId)}/calling`, patch)) as CallingSettings;
    },
  };
}

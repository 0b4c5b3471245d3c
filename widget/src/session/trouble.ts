/** A server that refuses us, and a network without WebSockets. */
import type { Failed } from '../shared/failure';
import type { Socket } from '../shared/socket';
import type { Core } from './link';

export interface Trouble {
  /** The server refused the connection. */
  refused(error: Failed): void;
  /** No connection was ever opened, again and again: go on with the official client, if that is not us already. */
  fallBack(): Promise<void>;
}

/** What a refusal to connect may be that passes by itself. */
export const PASSES = ['rate_limited', 'unavailable', 'draining', 'internal_error'];

export function createTrouble(core: Core): Trouble {
  let fallback: Socket | undefined;
  let isFalling = false;

  return {
    refused(error) {
      const { code } = error;
      const isForged = code === 'token_invalid';
      if (code === 'client_too_old') {
        core.leave();
        return core.reload();
      }
      // Whoever it was of, it is of no use: the visitor starts anew.
      if (isForged) core.keep.setToken(null);
      if (isForged || PASSES.includes(code)) {
        core.turn('connecting');
        core.now().socket?.retry();
      } else {
        console.warn('ringback:', code);
        core.turn('refused', error);
      }
    },
    async fallBack() {
      const { socket } = core.now();
      if (!socket || socket === fallback || isFalling || !navigator.onLine) return;
      isFalling = true;
      try {
        const other = await core.createFallback(core.wire);
        if (core.now().socket !== socket) return;
        fallback = other;
        core.change(other);
      } catch {
        // It is fetched again after the next failures.
      } finally {
        isFalling = false;
      }
    },
  };
}

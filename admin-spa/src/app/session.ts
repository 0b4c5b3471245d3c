// Who is signed in. One console per session; it is closed when the session ends, whoever ended it.
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Person } from '../../../widget/src/shared/contracts.gen';
import { AskError, toAskError } from '../../../widget/src/shared/errors';
import type { Api } from './api';
import type { Console } from './console';

export type Door = 'checking' | 'unreachable' | 'signed_out' | 'signed_in';

export interface Session {
  readonly door: ReadonlySignal<Door>;
  readonly console: ReadonlySignal<Console | null>;
  /** Why the door is closed: shown at the sign-in. */
  readonly notice: ReadonlySignal<AskError | null>;
  check(): Promise<void>;
  signIn(email: string, password: string): Promise<void>;
  signOut(): Promise<void>;
}

export function openSession(api: Api, makeConsole: (person: Person) => Console): Session {
  const door = signal<Door>('checking');
  const console = signal<Console | null>(null);
  const notice = signal<AskError | null>(null);

  function enter(person: Person): void {
    const made = makeConsole(person);
    made.link.onRefused(({ code, details }) => {
      // Who was inside and is not known any more has lost the session; "Sign in first" would be a riddle.
      leave(new AskError(code === 'unauthenticated' ? 'session_expired' : code, details));
    });
    console.value = made;
    notice.value = null;
    door.value = 'signed_in';
    made.link.open();
  }
  function leave(why: AskError | null): void {
    console.value?.link.close();
    console.value = null;
    notice.value = why;
    door.value = 'signed_out';
  }

  return {
    door,
    console,
    notice,
    async check() {
      door.value = 'checking';
      try {
        const person = await api.session();
        if (person) enter(person);
        else leave(null);
      } catch (failure) {
        notice.value = toAskError(failure);
        door.value = 'unreachable';
      }
    },
    async signIn(email, password) {
      enter(await api.signIn(email, password));
    },
    async signOut() {
      await api.signOut();
      leave(null);
    },
  };
}

// A person's own choices, kept in this browser.
import { effect, type Signal, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';
export type SendKey = 'enter' | 'mod_enter';

export interface Prefs {
  readonly theme: Signal<Theme>;
  readonly sendKey: Signal<SendKey>;
  readonly sound: Signal<boolean>;
  readonly desktop: Signal<boolean>;
  readonly singleKeys: Signal<boolean>;
  readonly locale: Signal<string>;
}

const KEY = 'ringback.console.prefs';

/** Read the choices and keep every later change; where the browser keeps nothing they last as long as the tab. */
export function openPrefs(locale: string, storage: () => Storage = () => localStorage): Prefs {
  const kept = read(storage);
  const prefs: Prefs = {
    theme: signal(oneOf(kept.theme, ['system', 'light', 'dark'] as const, 'system')),
    sendKey: signal(oneOf(kept.sendKey, ['enter', 'mod_enter'] as const, 'enter')),
    sound: signal(kept.sound !== false),
    desktop: signal(kept.desktop === true),
    singleKeys: signal(kept.singleKeys !== false),
    locale: signal(typeof kept.locale === 'string' ? kept.locale : locale),
  };
  effect(() => {
    const now = Object.fromEntries(Object.entries(prefs).map(([name, choice]) => [name, choice.value]));
    try {
      storage().setItem(KEY, JSON.stringify(now));
    } catch {
      // Denied storage: nothing to do, the choice holds in this tab.
    }
  });
  return prefs;
}

type Kept = { [name in keyof Prefs]?: unknown };

function read(storage: () => Storage): Kept {
  try {
    const found: unknown = JSON.parse(storage().getItem(KEY) ?? '{}');
    return typeof found === 'object' && found !== null ? (found as Kept) : {};
  } catch {
    return {};
  }
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], otherwise: T): T {
  return allowed.includes(value as T) ? (value as T) : otherwise;
}

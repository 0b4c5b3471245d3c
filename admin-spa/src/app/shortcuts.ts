// Keys by their place on the keyboard (`event.code`), so that they work on a Russian layout too. Pure.
export type Command =
  | 'next'
  | 'previous'
  | 'reply'
  | 'note'
  | 'closeAndNext'
  | 'claim'
  | 'call'
  | 'search'
  | 'sheet'
  | 'palette'
  | 'leave';

export interface Key {
  readonly code: string;
  readonly key: string;
  readonly ctrl: boolean;
  readonly meta: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
}

export const SINGLE_KEYS: readonly { command: Command; code: string; shown: string }[] = [
  { command: 'next', code: 'KeyJ', shown: 'J' },
  { command: 'previous', code: 'KeyK', shown: 'K' },
  { command: 'reply', code: 'KeyR', shown: 'R' },
  { command: 'note', code: 'KeyN', shown: 'N' },
  { command: 'claim', code: 'KeyA', shown: 'A' },
  { command: 'closeAndNext', code: 'KeyE', shown: 'E' },
  { command: 'call', code: 'KeyC', shown: 'C' },
];

/**
 * The command a key press asks for, or null.
 *
 * Single keys are silent while a text is written (`typing`) and when the person turned them off (`singleKeys`);
 * Ctrl/Cmd+K and Esc always work.
 */
export function commandOf(key: Key, typing: boolean, singleKeys: boolean): Command | null {
  const modified = key.ctrl || key.meta;
  if (modified && !key.alt && !key.shift && key.code === 'KeyK') return 'palette';
  if (key.code === 'Escape') return 'leave';
  if (modified || key.alt || typing || !singleKeys) return null;
  // `/` and `?` are characters, not places: on a Russian layout both live elsewhere, so either way counts.
  if (key.key === '?' || (key.code === 'Slash' && key.shift)) return 'sheet';
  if (key.key === '/' || key.code === 'Slash') return 'search';
  if (key.shift) return null;
  return SINGLE_KEYS.find((one) => one.code === key.code)?.command ?? null;
}

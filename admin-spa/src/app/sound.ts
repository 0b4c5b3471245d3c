// Tones by WebAudio: nothing to download, and each cause has its own figure. Browsers keep silent until a first gesture.
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Tone } from './alerts';

export interface Speaker {
  /** Whether the browser lets us make sounds by now. */
  readonly unlocked: ReadonlySignal<boolean>;
  play(tone: Tone): void;
  /** Find out whether sounds are allowed, without making one. */
  probe(): void;
  /** Ask the browser to let us; call it from a click. */
  unlock(): Promise<void>;
}

/** Notes of a tone: frequency in hertz, start and length in seconds. */
const FIGURES: Record<Tone, readonly (readonly [hz: number, fromS: number, forS: number])[]> = {
  waiting: [
    [659, 0, 0.16],
    [880, 0.18, 0.28],
    [659, 0.6, 0.16],
    [880, 0.78, 0.32],
  ],
  message: [[784, 0, 0.22]],
  callback: [
    [523, 0, 0.14],
    [659, 0.15, 0.14],
    [784, 0.3, 0.34],
  ],
};
const LOUDNESS = 0.14;

export function webSpeaker(): Speaker {
  let context: AudioContext | null = null;
  const unlocked = signal(false);
  const open = (): AudioContext | null => {
    if (context || typeof AudioContext === 'undefined') return context;
    context = new AudioContext();
    context.onstatechange = () => {
      unlocked.value = context?.state === 'running';
    };
    unlocked.value = context.state === 'running';
    return context;
  };
  const unlock = async () => {
    const opened = open();
    if (opened?.state === 'suspended') await opened.resume().catch(() => undefined);
    unlocked.value = opened?.state === 'running';
  };
  // The first gesture anywhere in the console is enough. Not its beginning: the banner that asks for it goes then, and
  // what was pressed would not be below the pointer any more.
  const first = () => void unlock();
  addEventListener('click', first, { once: true, capture: true });
  addEventListener('keydown', first, { once: true, capture: true });

  return {
    unlocked,
    unlock,
    probe: () => void open(),
    play(tone) {
      const opened = open();
      if (opened?.state !== 'running') return;
      for (const [hz, fromS, forS] of FIGURES[tone]) {
        const start = opened.currentTime + fromS;
        const voice = opened.createOscillator();
        const volume = opened.createGain();
        voice.type = 'sine';
        voice.frequency.value = hz;
        volume.gain.setValueAtTime(0, start);
        volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.015);
        volume.gain.exponentialRampToValueAtTime(0.0001, start + forS);
        voice.connect(volume).connect(opened.destination);
        voice.start(start);
        voice.stop(start + forS + 0.02);
      }
    },
  };
}

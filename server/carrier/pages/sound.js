// Ring tone and speech. Browsers allow sound only after a click, so it is off until asked for.
import { currentLanguage } from './strings.js';

const RING_HZ = [440, 480];
const RING_S = 1.2;
const EVERY_MS = 3000;
const LOUDNESS = 0.12;

export function createSound() {
  let context = null;
  let on = false;
  let timer = null;

  function tone() {
    const start = context.currentTime;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(LOUDNESS, start + 0.05);
    gain.gain.setValueAtTime(LOUDNESS, start + RING_S - 0.1);
    gain.gain.linearRampToValueAtTime(0, start + RING_S);
    gain.connect(context.destination);
    for (const hz of RING_HZ) {
      const oscillator = context.createOscillator();
      oscillator.frequency.value = hz;
      oscillator.connect(gain);
      oscillator.start(start);
      oscillator.stop(start + RING_S);
    }
  }

  return {
    isOn: () => on,
    toggle() {
      on = !on;
      if (on) {
        context ??= new AudioContext();
        context.resume();
      } else {
        this.ring(false);
        globalThis.speechSynthesis?.cancel();
      }
    },
    /** Start or stop the ring tone; asking twice changes nothing. */
    ring(wanted) {
      if (wanted && on && timer === null) {
        tone();
        timer = setInterval(tone, EVERY_MS);
      } else if ((!wanted || !on) && timer !== null) {
        clearInterval(timer);
        timer = null;
      }
    },
    /** Speak a caption where the browser can. */
    say(text, language) {
      if (!on || !globalThis.speechSynthesis) return;
      const words = new SpeechSynthesisUtterance(text);
      words.lang = language || currentLanguage();
      speechSynthesis.speak(words);
    },
  };
}

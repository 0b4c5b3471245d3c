/** Icons as strokes on a 24 px grid; always beside a label or inside a labelled button. */
const PATHS = {
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M5 12h13M12.5 5.5L19 12l-6.5 6.5',
  phone:
    'M7.2 4H5.5A1.5 1.5 0 0 0 4 5.6C4.5 13.4 10.6 19.5 18.4 20a1.5 1.5 0 0 0 1.6-1.5v-2.3a1.5 1.5 0 0 0-1.2-1.5l-2.4-.5a1.5 1.5 0 0 0-1.5.6l-.7 1a12 12 0 0 1-5-5l1-.7a1.5 1.5 0 0 0 .6-1.5l-.5-2.4A1.5 1.5 0 0 0 8.8 4H7.2z',
  chat: 'M20 11.5a7.5 7.5 0 0 1-11 6.6L4 19.5l1.4-4.6A7.5 7.5 0 1 1 20 11.5z',
  down: 'M6 9l6 6 6-6',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  clock: 'M12 7.5V12l3 2M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17z',
};

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" class={`icon i-${name}`}>
      <path d={PATHS[name]} />
    </svg>
  );
}

/** Icons as strokes on a 24 px grid; always beside a label or inside a labelled button. */
const PATHS = {
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M5 12h13M12.5 5.5L19 12l-6.5 6.5',
  phone:
    'M6 4h3.4l1.7 4.3-2.3 1.6a11.5 11.5 0 0 0 5.3 5.3l1.6-2.3L20 14.6V18a2 2 0 0 1-2 2A14 14 0 0 1 4 6a2 2 0 0 1 2-2z',
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

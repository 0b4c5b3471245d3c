// Icons as line drawings on a 20 px grid; always beside words or inside a labelled control, so hidden from readers.
const PATHS = {
  inbox:
    'M3 11.5 5.2 4.8A1.5 1.5 0 0 1 6.6 3.8h6.8a1.5 1.5 0 0 1 1.4 1L17 11.5v3.2a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 14.7zM3 11.5h4l1 2h4l1-2h4',
  phone:
    'M7.2 3.8 5 4.2A1.6 1.6 0 0 0 3.8 6c.6 5.4 4.8 9.6 10.2 10.2a1.6 1.6 0 0 0 1.8-1.2l.4-2.2a1 1 0 0 0-.7-1.1l-2.4-.7a1 1 0 0 0-1 .3l-.8.9a9.6 9.6 0 0 1-3.5-3.5l.9-.8a1 1 0 0 0 .3-1l-.7-2.4a1 1 0 0 0-1.1-.7z',
  people:
    'M7.5 9.5a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM2.6 16.2a4.9 4.9 0 0 1 9.8 0M13 4.2a2.7 2.7 0 0 1 0 5.2M14.6 12a4.6 4.6 0 0 1 2.8 4.2',
  settings: 'M4 6h6M14 6h2M4 14h2M10 14h6M12 4v4M8 12v4',
  back: 'M12 4.5 6.5 10l5.5 5.5',
  forward: 'M8 4.5 13.5 10 8 15.5',
  up: 'M4.5 12 10 6.5l5.5 5.5',
  down: 'M4.5 8 10 13.5 15.5 8',
  megaphone:
    'M3.5 8.2v3.2a1 1 0 0 0 1 1h2.2l6.8 3.4V3.8L6.7 7.2H4.5a1 1 0 0 0-1 1zM6.7 12.4l.9 4h2M16 7.6a3.6 3.6 0 0 1 0 4.4',
  question:
    'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM7.9 8a2.1 2.1 0 1 1 3.2 1.8c-.7.4-1.1.9-1.1 1.7M10 13.9v.1',
  chart: 'M3.5 16.5h13M5.5 13.5v-3M9 13.5v-7M12.5 13.5V9M16 13.5V5',
  close: 'M5 5l10 10M15 5 5 15',
  check: 'm4.5 10.5 3.6 3.6 7.4-8',
  checks: 'm1.8 10.6 3.4 3.4 6.6-7.4M9.4 13.2l.9.8 7-7.4',
  ban: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM5.1 5.1l9.8 9.8',
  clock: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6.2V10l2.6 1.8',
  warn: 'M10 7.4v3.4M10 13.6v.1M8.7 3.7 2.6 14.4a1.5 1.5 0 0 0 1.3 2.2h12.2a1.5 1.5 0 0 0 1.3-2.2L11.3 3.7a1.5 1.5 0 0 0-2.6 0z',
  note: 'M5 3.5h10a1.5 1.5 0 0 1 1.5 1.5v7L12 16.5H5A1.5 1.5 0 0 1 3.5 15V5A1.5 1.5 0 0 1 5 3.5zM16.3 12H13a1 1 0 0 0-1 1v3.3',
  reply: 'M8 5 3.5 9.5 8 14M4 9.5h7.5a5 5 0 0 1 5 5v.5',
  send: 'M16.8 3.2 9 11M16.8 3.2l-4.6 13.4L9 11 3.4 7.8z',
  search: 'M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM13 13l3.8 3.8',
  bell: 'M5.5 8.5a4.5 4.5 0 0 1 9 0c0 4 1.5 5 1.5 5H4s1.5-1 1.5-5zM8.4 16a1.7 1.7 0 0 0 3.2 0',
  sound: 'M3.5 8v4h2.6L10 15.5v-11L6.1 8zM13 7.6a3.4 3.4 0 0 1 0 4.8M15.2 5.4a6.5 6.5 0 0 1 0 9.2',
  mute: 'M3.5 8v4h2.6L10 15.5v-11L6.1 8zM13.2 8.2l3.6 3.6M16.8 8.2l-3.6 3.6',
  info: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 9.2v4M10 6.6v.1',
  moon: 'M16.5 11.6A6.8 6.8 0 0 1 8.4 3.5a6.8 6.8 0 1 0 8.1 8.1z',
  sun: 'M10 13.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM10 2.8v1.6M10 15.6v1.6M2.8 10h1.6M15.6 10h1.6M4.9 4.9 6 6M14 14l1.1 1.1M15.1 4.9 14 6M6 14l-1.1 1.1',
  transfer: 'M3.5 7h11M11.5 4l3 3-3 3M16.5 13h-11M8.5 10l-3 3 3 3',
  external:
    'M8 4.5H5A1.5 1.5 0 0 0 3.5 6v9A1.5 1.5 0 0 0 5 16.5h9a1.5 1.5 0 0 0 1.5-1.5v-3M11.5 3.5h5v5M16.5 3.5 9.5 10.5',
  more: 'M4.5 10h.1M10 10h.1M15.5 10h.1',
  copy: 'M7 7V4.8A1.3 1.3 0 0 1 8.3 3.5h6.9a1.3 1.3 0 0 1 1.3 1.3v6.9a1.3 1.3 0 0 1-1.3 1.3H13M4.8 7h6.9A1.3 1.3 0 0 1 13 8.3v6.9a1.3 1.3 0 0 1-1.3 1.3H4.8a1.3 1.3 0 0 1-1.3-1.3V8.3A1.3 1.3 0 0 1 4.8 7z',
  globe:
    'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM3 10h14M10 3c2.2 2 3.2 4.3 3.2 7S12.2 15 10 17c-2.2-2-3.2-4.3-3.2-7S7.8 5 10 3z',
  keyboard:
    'M3.5 5.5h13A1 1 0 0 1 17.5 6.5v7a1 1 0 0 1-1 1h-13a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1zM5.5 8.5h.1M8.5 8.5h.1M11.5 8.5h.1M14.5 8.5h.1M7 11.5h6',
  exit: 'M8 3.5H5A1.5 1.5 0 0 0 3.5 5v10A1.5 1.5 0 0 0 5 16.5h3M12.5 13.5 16 10l-3.5-3.5M16 10H8',
  plus: 'M10 4.5v11M4.5 10h11',
  bin: 'M4 5.8h12M8 5.6V4.3a.8.8 0 0 1 .8-.8h2.4a.8.8 0 0 1 .8.8v1.3M5.4 6l.7 9.2a1.3 1.3 0 0 0 1.3 1.3h5.2a1.3 1.3 0 0 0 1.3-1.3l.7-9.2',
  code: 'M7 6 3 10l4 4M13 6l4 4-4 4',
  lock: 'M5.5 9h9a1 1 0 0 1 1 1v5.5a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1V10a1 1 0 0 1 1-1zM7 9V6.5a3 3 0 0 1 6 0V9',
  offline:
    'M3 3l14 14M3.2 8.2A10 10 0 0 1 6 6.4M9 5.3a10 10 0 0 1 7.8 2.9M5.8 11.2a6 6 0 0 1 2-1.3M12.6 10a6 6 0 0 1 1.6 1.2M10 14.6v.1',
} as const;

export type IconName = keyof typeof PATHS;
/** Arrows that point along the reading direction turn round in right-to-left text. */
const DIRECTED: ReadonlySet<IconName> = new Set(['back', 'forward', 'reply', 'send', 'exit', 'external']);

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      class={DIRECTED.has(name) ? 'icon icon-directed' : 'icon'}
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** A site's colour made safe to read: WCAG 2.2 contrast, computed rather than hoped for. Colours are "#rrggbb". */
type Rgb = [number, number, number];

const parse = (hex: string): Rgb => {
  const n = Number.parseInt(hex.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
};

const hexOf = (rgb: Rgb): string =>
  `#${rgb.map((c) => Math.round(c).toString(16).padStart(2, '0')).join('')}`;

const luminance = (hex: string): number => {
  const [r, g, b] = parse(hex).map((c) => {
    const s = c / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

/** Return the contrast of two colours, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** Return white or near-black, whichever reads better on `background`. */
export const textOn = (background: string): string =>
  contrast(background, '#ffffff') >= 4.5 || contrast(background, '#ffffff') > contrast(background, '#14181d')
    ? '#ffffff'
    : '#14181d';

/** Return `color` moved towards black or white just far enough to have `ratio` contrast with `background`. */
export function readableOn(color: string, background: string, ratio = 4.5): string {
  const towards = luminance(background) > 0.4 ? 0 : 255;
  let rgb = parse(color);
  for (let step = 0; step < 24 && contrast(hexOf(rgb), background) < ratio; step++) {
    rgb = rgb.map((c) => c + (towards - c) * 0.1) as Rgb;
  }
  return hexOf(rgb);
}

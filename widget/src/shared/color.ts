/** A site's colour made safe to read: WCAG 2.2 contrast, computed rather than hoped for. Colours are "#rrggbb". */
type Rgb = [number, number, number];

const parse = (hex: string): Rgb => {
  const n = Number.parseInt(hex.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
};

const hexOf = (rgb: Rgb): string =>
  `#${rgb.map((c) => Math.round(c).toString(16).padStart(2, '0')).join('')}`;

const WEIGHTS = [0.2126, 0.7152, 0.0722];

const brightness = (hex: string, curve: (s: number) => number): number =>
  WEIGHTS.reduce((sum, weight, i) => sum + weight * curve(Number(`0x${hex.substr(1 + 2 * i, 2)}`) / 255), 0);

const luminance = (hex: string): number =>
  brightness(hex, (s) => (s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4));

/** Return the contrast of two colours, 1 to 21. */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/**
 * Return white or near-black, whichever has more contrast with `background`. Both have the same at a luminance of
 * 0.199; for which side of it a colour is on, a plain power does for the exact curve.
 */
export const textOn = (background: string): string =>
  brightness(background, (s) => s ** 2.2) < 0.199 ? '#ffffff' : '#14181d';

/** Return `color` moved towards black or white just far enough to have `ratio` contrast with `background`. */
export function readableOn(color: string, background: string, ratio = 4.5): string {
  const towards = luminance(background) > 0.4 ? 0 : 255;
  let rgb = parse(color);
  for (let step = 0; step < 24 && contrast(hexOf(rgb), background) < ratio; step++) {
    rgb = rgb.map((c) => c + (towards - c) * 0.1) as Rgb;
  }
  return hexOf(rgb);
}

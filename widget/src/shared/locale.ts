/** Which language, and which way it runs. */

/** Return the first of `wanted` (BCP 47 tags, best first) whose language is among `offered`, else `fallback`. */
export function pickLocale(
  wanted: readonly (string | undefined)[],
  offered: readonly string[],
  fallback: string,
): string {
  const language = (tag?: string) => tag?.split('-')[0]?.toLowerCase();
  for (const tag of wanted) {
    const found = offered.find((o) => o === tag) ?? offered.find((o) => language(o) === language(tag));
    if (found) return found;
  }
  return fallback;
}

/** Whether text in `tag` runs from right to left. */
export const isRtl = (tag: string): boolean => /^(ar|he|fa|ur|ps|sd|ug|yi|dv|ckb)\b/i.test(tag);

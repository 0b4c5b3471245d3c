/** Addresses in a text, to be shown as anchors; everything else stays text. Only http, https, mailto and tel. */
export interface Piece {
  text: string;
  href?: string;
}

const LINK = /\b(?:https?:\/\/|mailto:|tel:\+?\d)[^\s<>"'`]+/gi;

/** Return `text` cut into plain pieces and links; joined again the pieces are the text. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    // A full stop or a bracket after an address belongs to the sentence, not to the address.
    const link = match[0].replace(/[.,!?;:)\]}»”’]+$/u, '');
    if (!isSafe(link)) continue;
    if (match.index > at) found.push({ text: text.slice(at, match.index) });
    found.push({ text: link, href: link });
    at = match.index + link.length;
  }
  if (at < text.length) found.push({ text: text.slice(at) });
  return found;
}

function isSafe(link: string): boolean {
  try {
    return ['http:', 'https:', 'mailto:', 'tel:'].includes(new URL(link).protocol);
  } catch {
    return false;
  }
}

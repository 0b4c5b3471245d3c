// The unread count where a person sees it with the window in the background: tab picture, app badge.
const SIZE = 64;

export function showUnread(count: number): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel=icon]');
  if (link) {
    link.dataset.plain ??= link.href;
    const picture = count > 0 ? dotted() : null;
    link.type = picture ? 'image/png' : 'image/svg+xml';
    link.href = picture ?? link.dataset.plain;
  }
  const badge = count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.();
  badge?.catch(() => undefined);
}

/** Our picture with a red dot, as a data address; null where there is no canvas. */
function dotted(): string | null {
  const canvas = document.createElement('canvas');
  canvas.width = SIZE;
  canvas.height = SIZE;
  const pen = canvas.getContext('2d');
  if (!pen) return null;
  pen.fillStyle = '#0b5fc2';
  pen.beginPath();
  pen.roundRect(0, 0, SIZE, SIZE, 18);
  pen.fill();
  pen.fillStyle = '#fff';
  pen.beginPath();
  pen.roundRect(16, 18, 32, 24, 6);
  pen.fill();
  pen.fillStyle = '#d92d20';
  pen.beginPath();
  pen.arc(46, 46, 16, 0, Math.PI * 2);
  pen.fill();
  return canvas.toDataURL('image/png');
}

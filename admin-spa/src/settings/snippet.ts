// What a site's owner copies. Pure: the origin of our server and the site's key come in.

export function scriptTag(origin: string, siteKey: string): string {
  return `<script async src="${origin}/widget.js" data-ringback-site="${siteKey}"></script>`;
}

/** The sources that the widget needs; its styles need none, they are constructed sheets. */
export function policyFor(origin: string): string {
  const socket = origin.replace(/^http/, 'ws');
  return [`script-src ${origin};`, `connect-src ${origin} ${socket};`, `img-src ${origin};`].join('\n');
}

/** An origin as browsers send it, or null. */
export function originOf(text: string): string | null {
  try {
    const url = new URL(text.trim());
    const bare = (url.pathname === '/' || url.pathname === '') && !url.search && !url.hash && !url.username;
    return /^https?:$/.test(url.protocol) && bare ? url.origin : null;
  } catch {
    return null;
  }
}

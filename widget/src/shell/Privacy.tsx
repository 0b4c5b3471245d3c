/** The site's own words about data, where data is asked for. */
import { gettext } from '../shared/gettext';
import type { View } from './Panel';

export function Privacy({ view }: { view: View }) {
  const { privacyUrl } = view.site.value;
  return privacyUrl ? (
    <a href={privacyUrl} target="_blank" rel="noopener">
      {gettext('How we treat your data')}
    </a>
  ) : null;
}

/** A part that is on its way. */
import { gettext } from '../shared/gettext';

export const Loading = () => (
  <p class="fine loading" role="status">
    {gettext('One moment…')}
  </p>
);

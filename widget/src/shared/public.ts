/** What the server tells everybody about a site's widget. */
import type { Launcher } from '../launcher';
import { AskError } from './failure';

/**
 * Fetch what is below `/api/v1/widget/KEY`.
 *
 * @throws AskError with the server's code, `connection_lost` when it cannot be reached
 */
export async function fetchPublic<T>({ siteKey, src }: Launcher, path = ''): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(new URL(`api/v1/widget/${encodeURIComponent(siteKey)}${path}`, src), {
      credentials: 'omit',
    });
  } catch {
    throw new AskError('connection_lost');
  }
  const body = await answer.json();
  if (!answer.ok) throw new AskError(body.error?.code ?? 'internal_error', body.error?.details);
  return body;
}

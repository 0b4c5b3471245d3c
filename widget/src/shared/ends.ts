/** Which states end a callback for the visitor. Pure. */
import type { Callback } from './contracts.gen';

/** `ended` and `wrapup` are the consultant's paperwork after a talk. */
const TALKED: readonly Callback['state'][] = ['ended', 'wrapup', 'completed'];
const MISSED: readonly Callback['state'][] = [
  'no_agent',
  'visitor_unreachable',
  'voicemail_left',
  'canceled',
  'expired',
  'budget_stopped',
  'rejected',
  'failed',
];

/** Whether the visitor got what was asked for. */
export const wentWell = ({ state }: Callback): boolean => TALKED.includes(state);

/** Whether the callback has ended for the visitor. */
export const isOver = ({ state }: Callback): boolean => [...TALKED, ...MISSED].includes(state);

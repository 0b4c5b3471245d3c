import type { Receipts } from './contracts.gen';

/** Receipts only grow: a conversation that was read before they moved may be told after it. */
export function mergedReceipts(a: Receipts, b: Receipts): Receipts {
  const most = { ...a };
  for (const key of Object.keys(b) as (keyof Receipts)[]) most[key] = Math.max(a[key], b[key]);
  return most;
}

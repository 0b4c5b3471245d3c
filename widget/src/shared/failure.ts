/** What went wrong, as a program sees it; errors.visitor.ts has the words. */
import { RETRY_CODES } from './contracts.gen';

type Details = Record<string, unknown>;

export interface Failure {
  code: string;
  details?: Details;
}

/** An answer that is not the one asked for; `code` is stable, `details` are JSON values for the words. */
export class Failed extends Error implements Failure {
  declare readonly code: string;
  declare readonly details: Details;

  constructor(code: string, details: Details = {}) {
    super(code);
    Object.assign(this, { code, details });
  }
}

/** The same for those who may ask again. */
export class AskError extends Failed {
  /** Whether sending the same again can help. */
  get retry(): boolean {
    return this.code === 'connection_lost' || this.code === 'timed_out' || RETRY_CODES.includes(this.code);
  }
}

/** Return anything that was thrown as an AskError; what is not one is our bug. */
export function toAskError(error: unknown): AskError {
  if (error instanceof AskError) return error;
  // Not by its class: widget.js and the chunks have each their own.
  const { code, details } = error instanceof Error ? (error as Partial<Failed>) : {};
  return code && details ? new AskError(code, details) : new AskError('internal_error');
}

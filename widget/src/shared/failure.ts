/** What went wrong, as a program sees it; errors.visitor.ts has the words. */
import { RETRY_CODES } from './contracts.gen';

type Details = Record<string, unknown>;

export interface Failure {
  code: string;
  details?: Details;
}

/** An answer that is not the one asked for; `code` is stable, `details` are JSON values for the words. */
export class AskError extends Error {
  constructor(
    readonly code: string,
    readonly details: Details = {},
  ) {
    super(code);
  }

  /** Whether sending the same again can help. */
  get retry(): boolean {
    return this.code === 'connection_lost' || this.code === 'timed_out' || RETRY_CODES.includes(this.code);
  }
}

/** Return anything that was thrown as an AskError; what is not one is our bug. */
export const toAskError = (error: unknown): AskError =>
  error instanceof AskError ? error : new AskError('internal_error');

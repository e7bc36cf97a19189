import { type ErrorCode, RankforgeError } from '../core/errors.js';

/** What is wrong with one record rather than with the model: counted and left out, where any other error stops the job. */
const recordFaults: ReadonlySet<ErrorCode> = new Set(['context-overflow']);

/** The reason to count for an error that concerns one record alone; any other error is thrown again. */
export function recordFault(error: unknown): string {
  if (error instanceof RankforgeError && recordFaults.has(error.code)) return error.code;
  throw error;
}

import { RankforgeError } from '../core/errors.js';
import { addUsage, type Usage } from '../core/usage.js';

/** Work whose failure tells what was taken before it as well. */
export async function afterTaking<T>(before: Usage, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof RankforgeError ? error.with({ usage: addUsage(before, error.usage) }) : error;
  }
}

import { RankforgeError } from '../../core/errors.js';
import { normalise } from '../../core/normalise.js';
import type { Query } from '../../core/query.js';

/**
 * Refuses queries of one text under several ids: one fold would train on what another tests.
 * @throws RankforgeError `duplicate-id`
 */
export function checkTwins(queries: readonly Query[]): void {
  const seen = new Map<string, string>();
  for (const { id, text } of queries) {
    const key = normalise(text).toLowerCase().replace(/\s+/g, ' ').trim();
    const earlier = seen.get(key);
    if (earlier !== undefined) {
      throw new RankforgeError('duplicate-id', `The queries "${earlier}" and "${id}" have the same text`, {
        where: `${earlier}, ${id}`,
        hint: 'Leave one of the two out: a fold would train on what it tests.',
      });
    }
    seen.set(key, id);
  }
}

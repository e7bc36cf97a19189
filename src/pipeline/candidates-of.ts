import type { Candidates } from '../core/candidates.js';
import { RankforgeError } from '../core/errors.js';
import type { Run } from '../core/run.js';
import type { Dataset } from '../formats/dataset.js';

/**
 * A run's lists with their texts, in the run's order.
 * @throws RankforgeError `too-little-data` for a run without queries; `unknown-id` for a query or passage that the
 * dataset does not have
 */
export function candidatesOf(
  run: Run,
  { passages, queries, name }: Pick<Dataset, 'passages' | 'queries' | 'name'>,
  { depth }: { depth: number },
): Candidates[] {
  if (run.size === 0) {
    throw new RankforgeError('too-little-data', 'The run is empty', {
      hint: 'Give a run that ranks passages for at least one query.',
    });
  }
  return [...run].map(([queryId, items]) => {
    const query = queries.get(queryId);
    if (!query) throw unknown('query', queryId, name);
    return {
      query,
      // Beyond the depth a list needs no text: it keeps its order.
      items: items.map(({ id, score }, index) => {
        const passage = passages.get(id);
        if (!passage && index < depth) throw unknown('passage', id, name);
        return { passage: passage ?? { id, text: '' }, score };
      }),
    };
  });
}

const unknown = (kind: string, id: string, dataset: string): RankforgeError =>
  new RankforgeError('unknown-id', `The run names the ${kind} "${id}", which is not in ${dataset}`, {
    where: id,
    hint: (spell) => `Give the dataset that the run was made from; ${spell('split')} picks its queries.`,
  });

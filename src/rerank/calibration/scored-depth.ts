import { RankforgeError } from '../../core/errors.js';
import type { ScoredId } from '../../core/run.js';

/** So many equal steps in a row are no accident. */
const fewestSteps = 5;
const isOne = (step: number, size: number): boolean => Math.abs(step - 1) <= 1e-9 * Math.max(1, size);

/**
 * How many scores of a list are a comparator's: below the depth that was reranked, and all through where a program leaves
 * no scores, a reranker's scores fall by exactly 1 a rank.
 * @param list best first
 * @returns ranks from the first; 0 where the scores are ranks all through
 */
export function scoredRanks(list: readonly Pick<ScoredId, 'score'>[]): number {
  let rank = list.length - 1;
  while (rank > 0) {
    const [above, own] = [list[rank - 1]!.score, list[rank]!.score];
    if (!isOne(above - own, Math.abs(above))) break;
    rank--;
  }
  if (list.length - 1 - rank < fewestSteps) return list.length;
  return rank === 0 ? 0 : rank + 1;
}

/**
 * Refuses lists of which most hold scores that are no comparator's.
 * @throws RankforgeError `usage`, with the depth to give
 */
export function checkScored(lists: readonly (readonly ScoredId[])[]): void {
  const short = lists
    .map((list) => ({ list, scored: scoredRanks(list) }))
    .filter(({ list, scored }) => scored < list.length);
  if (2 * short.length <= lists.length) return;
  const depth = short.map(({ scored }) => scored).sort((a, b) => a - b)[short.length >> 1]!;
  const where = `${short.length} of ${lists.length} queries`;
  if (depth === 0) {
    throw new RankforgeError('usage', 'The scores of the run are ranks: they fall by 1 all through', {
      where,
      hint: "Rerank with the program full or pointwise, whose scores are the comparator's own.",
    });
  }
  throw new RankforgeError(
    'usage',
    `Below rank ${depth} the scores of the run fall by exactly 1: those ranks were not reranked`,
    {
      where,
      hint: `Give the depth that was reranked, it seems ${depth}; or the whole length, if the scores are real.`,
    },
  );
}

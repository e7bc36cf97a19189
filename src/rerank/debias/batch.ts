import type { Candidates } from '../../core/candidates.js';
import { RankforgeError } from '../../core/errors.js';
import { randomStream, shuffle } from '../../core/random.js';
import type { Comparator } from '../comparator.js';
import { compareInTurn, finiteScores, type Showing } from './compare-in-turn.js';
import { meanByPosition, type ProfileSource, subtractProfile } from './position-profile.js';

export interface BatchOptions {
  /** Candidates of queries like those that will be ranked; no judgements are needed. */
  readonly sample: readonly Candidates[];
  /** Queries of the sample that are compared, a window each. @default 16 */
  readonly queries?: number;
  /** @default 0 */
  readonly seed?: number;
}

/**
 * Batch calibration: the mean score of each position over a batch of real windows is taken off. The batch's passages
 * are shown in seeded random order: in first-stage order the first are the more relevant ones, and their mean would
 * hold that too. One batch a size of window, kept.
 * @throws RankforgeError `usage` for a comparator that sees each passage alone; `too-little-data` for an empty sample
 * @see Zhou et al. 2023, arXiv:2309.17249 (who divide probabilities by their mean; here log-probabilities, or any scores, lose theirs)
 */
export function batchComparator(comparator: Comparator, options: BatchOptions): Comparator {
  return subtractProfile(comparator, batchProfile(comparator, options));
}

function batchProfile(
  comparator: Comparator,
  { sample, queries = 16, seed = 0 }: BatchOptions,
): ProfileSource {
  if (sample.length === 0 || !(queries >= 1)) {
    throw new RankforgeError('too-little-data', 'Batch calibration has no queries to learn from', {
      where: 'batch',
      hint: 'Give candidates of some queries like those that will be ranked.',
    });
  }
  const showings = (count: number): Showing[] =>
    shuffle(
      sample.filter(({ items }) => items.length >= count),
      randomStream(seed, 'batch'),
    )
      .slice(0, queries)
      .map(({ query, items }) => ({
        query,
        passages: shuffle(
          items.map(({ passage }) => passage),
          randomStream(seed, 'batch', query.id),
        ).slice(0, count),
      }));
  return {
    name: 'batch',
    keyOf: () => '',
    among: 'all',
    showings: (_, count) => showings(count),
    async measure(_, count, options) {
      const { comparisons, usage, warnings } = await compareInTurn(comparator, showings(count), options);
      const seen = comparisons.map(finiteScores).filter((scores) => scores !== undefined);
      return { profile: seen.length > 0 ? meanByPosition(seen) : undefined, usage, warnings };
    },
  };
}

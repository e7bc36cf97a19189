import { RankforgeError } from '../core/errors.js';
import { makeFolds } from '../core/folds.js';
import { randomStream } from '../core/random.js';
import type { ScoredId } from '../core/run.js';
import { mean } from '../core/vectors.js';
import { zScoreFusion } from './fusion.js';

/**
 * (1 − weight) · first + weight · second, in z-scores: a reranking that does not throw away what the first stage knew.
 * @param weight of the second list, 0 to 1
 * @throws RankforgeError `usage` for a weight out of range
 * @see Wang et al. 2021, doi:10.1145/3471158.3472233 (BERT rankers with BM25)
 */
export function interpolate(
  first: readonly ScoredId[],
  second: readonly ScoredId[],
  weight: number,
): ScoredId[] {
  if (!(weight >= 0 && weight <= 1)) {
    throw new RankforgeError('usage', `The weight of an interpolation is ${weight}`, {
      hint: 'Give a number from 0, the first list alone, to 1, the second alone.',
    });
  }
  return zScoreFusion([first, second], { weights: [1 - weight, weight] });
}

/** Two lists of one query's passages, each best first. */
export interface InterpolationPair {
  readonly queryId: string;
  readonly first: readonly ScoredId[];
  readonly second: readonly ScoredId[];
}

export interface TuneInterpolationOptions {
  /** How good a list of a judged query is, for instance its nDCG@10; higher is better. */
  readonly worth: (queryId: string, list: readonly ScoredId[]) => number;
  /** Tried. @default 0 to 1 by twentieths */
  readonly weights?: readonly number[];
  /** Queries are held out in so many parts. @default 5 */
  readonly folds?: number;
  /** Draws the parts. @default 0 */
  readonly seed?: number;
}

export interface TunedInterpolation {
  /** The best over all queries, of the second list. */
  readonly weight: number;
  /** Mean worth on queries that had no say in the weight used for them: what to expect of other queries. */
  readonly heldOut: number;
  /** Mean worth of each list alone. */
  readonly first: number;
  readonly second: number;
  readonly queries: number;
}

/**
 * The weight that is best on judged queries, and what it is worth by cross-validation over them: the best of many
 * weights flatters itself on the queries that chose it. Of equal ones the one nearest to equal parts.
 * @throws RankforgeError `too-little-data` with fewer than 2 queries
 */
export function tuneInterpolation(
  pairs: readonly InterpolationPair[],
  options: TuneInterpolationOptions,
): TunedInterpolation {
  const { worth, folds = 5, seed = 0 } = options;
  if (pairs.length < 2) {
    throw new RankforgeError('too-little-data', `${pairs.length} judged queries tune no weight`, {
      where: 'interpolation',
      hint: 'Give at least 2 judged queries; a few dozen give a weight to rely on.',
    });
  }
  const weights = (options.weights ?? Array.from({ length: 21 }, (_, index) => index / 20)).toSorted(
    (a, b) => Math.abs(a - 0.5) - Math.abs(b - 0.5),
  );
  const worths = pairs.map(({ queryId, first, second }) =>
    weights.map((weight) => worth(queryId, interpolate(first, second, weight))),
  );
  const bestFor = (queries: readonly number[]): number => {
    const means = weights.map((_, index) => mean(queries.map((query) => worths[query]![index]!)));
    // A sum over other queries differs in its last digits where no query does.
    return means.findIndex((value) => value >= Math.max(...means) - 1e-12);
  };
  const all = [...pairs.keys()];
  const random = randomStream(seed, 'interpolation');
  const heldOut = makeFolds(pairs.length, Math.min(folds, pairs.length), random).flatMap((held) => {
    const chosen = bestFor(all.filter((query) => !held.has(query)));
    return [...held].map((query) => worths[query]![chosen]!);
  });
  return {
    weight: weights[bestFor(all)]!,
    heldOut: mean(heldOut),
    first: mean(pairs.map(({ queryId, first }) => worth(queryId, first))),
    second: mean(pairs.map(({ queryId, second }) => worth(queryId, second))),
    queries: pairs.length,
  };
}

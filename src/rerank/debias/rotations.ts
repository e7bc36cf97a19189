import { RankforgeError } from '../../core/errors.js';
import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { randomStream, shuffle } from '../../core/random.js';
import { mean, orderByScore } from '../../core/vectors.js';
import type { Comparator, Comparison } from '../comparator.js';
import { wrapped } from '../wrapped.js';
import { compareInTurn, costInTurn, finiteScores, sharedInTurn } from './compare-in-turn.js';
import { checkPositions } from './position-profile.js';

export interface RotationOptions {
  /** Comparisons of each window. @default 4, at most one a passage */
  readonly times?: number;
}

export interface PermutationOptions extends RotationOptions {
  /** @default 0 */
  readonly seed?: number;
}

/**
 * Each window is shown `times` times, moved on in a circle by equal steps, and scores are averaged by passage, so that
 * each passage stands near the beginning, the middle and the end. Without scores, ranks are averaged.
 * @throws RankforgeError `usage` for `times` below 1 and for a comparator that sees each passage alone
 */
export const rotatedComparator = (comparator: Comparator, { times = 4 }: RotationOptions = {}): Comparator =>
  averageShowings(comparator, `rotations:${times}`, times, (_, passages) =>
    rotations(passages.length, times),
  );

/** As `rotatedComparator`, with seeded random orders, where neighbours change too. The one given is among them only by chance. */
export const permutedComparator = (
  comparator: Comparator,
  { times = 4, seed = 0 }: PermutationOptions = {},
): Comparator =>
  averageShowings(comparator, `permutations:${times}`, times, (query, passages) => {
    const ids = passages.map(({ id }) => id);
    return Array.from({ length: times }, (_, time) =>
      shuffle([...passages.keys()], randomStream(seed, 'permutations', query.id, ...ids, time)),
    );
  });

/** Positions of a list moved on in a circle by 0, n/times, 2n/times …: at most n different ones. */
export function rotations(n: number, times: number): number[][] {
  return Array.from({ length: Math.min(times, n) }, (_, time) => {
    const shift = Math.floor((time * n) / Math.min(times, n));
    return Array.from({ length: n }, (_, position) => (position + shift) % n);
  });
}

/** @param orders by window, the positions as given in each order that is shown */
function averageShowings(
  comparator: Comparator,
  name: string,
  times: number,
  orders: (query: Query, passages: readonly Passage[]) => readonly (readonly number[])[],
): Comparator {
  checkPositions(comparator);
  if (!(Number.isInteger(times) && times >= 1)) {
    throw new RankforgeError('usage', `A window cannot be shown ${times} times`, {
      hint: 'Give a whole number from 1.',
    });
  }
  const showings = (query: Query, passages: readonly Passage[]) =>
    orders(query, passages).map((order) => ({
      query,
      passages: order.map((position) => passages[position]!),
    }));
  return {
    ...wrapped(comparator),
    name: `${comparator.name}+${name}`,
    async compare(query, passages, options) {
      if (passages.length < 2) return comparator.compare(query, passages, options);
      const { comparisons, usage, warnings } = await compareInTurn(
        comparator,
        showings(query, passages),
        options,
      );
      const scores = averageScores(orders(query, passages), comparisons);
      return { order: orderByScore(scores), scores, usage, warnings };
    },
    cost: (query, passages) =>
      passages.length < 2
        ? comparator.cost(query, passages)
        : costInTurn(comparator, showings(query, passages)),
    sharedCosts: (query, passages) =>
      passages.length < 2 ? [] : sharedInTurn(comparator, showings(query, passages)),
  };
}

/** The mean by passage. Where one showing has no scores, all count by rank: the first of n passages n, the last 1. */
function averageScores(orders: readonly (readonly number[])[], comparisons: readonly Comparison[]): number[] {
  const byScore = comparisons.every((comparison) => finiteScores(comparison));
  const columns: number[][] = orders[0]!.map(() => []);
  for (const [showing, comparison] of comparisons.entries()) {
    const shown = byScore ? comparison.scores! : ranksDown(comparison.order);
    shown.forEach((score, position) => {
      columns[orders[showing]![position]!]!.push(score);
    });
  }
  return columns.map(mean);
}

/** By position, n for the one ranked first down to 1. */
export function ranksDown(order: readonly number[]): number[] {
  const points: number[] = [];
  order.forEach((position, rank) => {
    points[position] = order.length - rank;
  });
  return points;
}

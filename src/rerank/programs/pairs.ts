import { shareOfWin } from '../aggregate/meetings.js';
import type { Group, Outcome } from '../program.js';
import { checkNumber, inOrder } from './grouping.js';
import type { PickBest } from './heap.js';

export interface PairwiseOptions {
  /** Ranks that are certain with a perfect comparator. @default 10 */
  readonly top?: number;
  /**
   * How often the program shows a pair: 1, or 2 for both orders, whose mean decides. The comparator `pairwise` asks
   * both orders by itself and wants 1; 2 is for comparators that read a pair once. @default 1
   */
  readonly orders?: number;
}

/** Two items, the one of the better first-stage rank first. */
export type Pair = readonly [number, number];

/** @throws RankforgeError `usage` */
export const checkOrders = (orders: number): void =>
  checkNumber(orders, 'The orders of a pair', { least: 1, most: 2 });

/** The share of a win that the first of each pair has, 0 to 1 and ½ for a tie, all pairs in one round; nothing where all comparisons of it failed. */
export function* comparePairs(
  pairs: readonly Pair[],
  orders: number,
): Generator<readonly Group[], (number | undefined)[], readonly Outcome[]> {
  const groups = pairs.flatMap(([a, b]): Group[] =>
    orders === 2
      ? [
          [a, b],
          [b, a],
        ]
      : [[a, b]],
  );
  const outcomes = yield groups;
  return pairs.map(([a, b], index) => {
    const shares = allOf(orders).flatMap((turn) => {
      const at = index * orders + turn;
      const outcome = outcomes[at]!;
      return outcome.failed ? [] : [shareOfWin({ group: groups[at]!, outcome }, a, b)];
    });
    return shares.length === 0 ? undefined : shares.reduce((sum, share) => sum + share, 0) / shares.length;
  });
}

const allOf = (orders: number): number[] => (orders === 2 ? [0, 1] : [0]);

/** Knocks out: the first against the second, the better against the third, and so on; contests side by side. */
export const pickBestByPairs = (orders: number): PickBest => ({
  *best(contests) {
    const best: (number | undefined)[] = contests.map((contest) => contest[0]);
    const heard = contests.map(() => false);
    const longest = Math.max(0, ...contests.map(({ length }) => length));
    for (let turn = 1; turn < longest; turn++) {
      const playing = contests.flatMap((contest, index) => (turn < contest.length ? [index] : []));
      const pairs = playing.map((index) => inOrder([best[index]!, contests[index]![turn]!]) as Pair);
      const shares = yield* comparePairs(pairs, orders);
      for (const [position, index] of playing.entries()) {
        const [share, pair] = [shares[position], pairs[position]!];
        if (share === undefined) continue;
        heard[index] = true;
        best[index] = share >= 0.5 ? pair[0] : pair[1];
      }
    }
    return best.map((item, index) => (heard[index] ? item : undefined));
  },
  most: (size) => ({ comparisons: orders * (size - 1), rounds: size - 1, group: 2 }),
});

import { checkGroupCount } from '../group-limit.js';
import type { Program, ProgramRun } from '../program.js';
import type { ProgramEntry } from './entry.js';
import { allItems, byScore } from './grouping.js';
import { checkOrders, comparePairs, type Pair, type PairwiseOptions } from './pairs.js';

/**
 * Every pair (PRP-Allpair): n (n − 1) / 2 comparisons in one round. An item's score is the mean of what it won, a tie
 * being half; Qin et al. add up instead of taking the mean, which is the same order where no comparison failed.
 * @throws RankforgeError `usage` for orders other than 1 and 2, and (from the run) for more than about 1000 items
 * @see Qin et al. 2023, arXiv:2306.17563
 */
export function pairwiseAll({ orders = 1 }: Pick<PairwiseOptions, 'orders'> = {}): Program {
  checkOrders(orders);
  return function* (n): ProgramRun {
    if (n < 2) return { order: allItems(n) };
    checkGroupCount((orders * n * (n - 1)) / 2);
    const pairs = allItems(n).flatMap((a) => allItems(n - a - 1).map((offset): Pair => [a, a + offset + 1]));
    const shares = yield* comparePairs(pairs, orders);
    const won = new Float64Array(n);
    const met = new Float64Array(n);
    for (const [index, [a, b]] of pairs.entries()) {
      const share = shares[index];
      if (share === undefined) continue;
      won[a]! += share;
      won[b]! += 1 - share;
      met[a]! += 1;
      met[b]! += 1;
    }
    // Sums of other orders differ in their last bits, and would break a tie.
    const share = (item: number) => Number((won[item]! / met[item]!).toPrecision(12));
    return byScore(allItems(n).map((item) => (met[item]! > 0 ? share(item) : undefined)));
  };
}

export const pairwiseAllEntry: ProgramEntry = {
  form: 'pairwise-all[:ORDERS][@TOP]',
  summary: 'every pair, in one round; ORDERS 2 shows each in both',
  numbers: 1,
  create: ([orders]) => pairwiseAll({ orders }),
};

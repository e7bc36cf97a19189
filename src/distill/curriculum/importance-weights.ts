/**
 * Weight of each item by its rank in the teacher's order: 1 + 1 / log2(r + 1), so 2 at the top and near 1 far down.
 * In full ranking these weigh the tokens that name each passage; here what is lost on each item, pair or choice.
 * @param ranks from 1
 * @see Liu et al. 2025, ACL, arXiv:2412.14574
 */
export const importanceWeights = (ranks: ArrayLike<number>): Float64Array =>
  Float64Array.from(ranks, (rank) => 1 + 1 / Math.log2(rank + 1));

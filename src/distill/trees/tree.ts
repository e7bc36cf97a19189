import type { FeatureValues } from '../features/feature-set.js';

/** A regression tree as plain arrays: readable as JSON. A child below 0 is leaf −child − 1. */
export interface Tree {
  /** By inner node; node 0 is the root. Empty where the tree is one leaf. */
  readonly feature: readonly number[];
  /** Values up to it go left. */
  readonly threshold: readonly number[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** Shrinkage included. */
  readonly leaf: readonly number[];
}

/** The sum of some trees for one row of features that begins at `start`. */
export function sumTrees(trees: readonly Tree[], data: FeatureValues, start: number): number {
  let sum = 0;
  for (const tree of trees) {
    let node = tree.feature.length > 0 ? 0 : -1;
    while (node >= 0) {
      node =
        data[start + tree.feature[node]!]! <= tree.threshold[node]! ? tree.left[node]! : tree.right[node]!;
    }
    sum += tree.leaf[-node - 1]!;
  }
  return sum;
}

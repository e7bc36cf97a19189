import type { BinnedFeatures } from './bin-features.js';
import type { RowSums } from './histogram.js';

/** What both sides of a split must have. */
export interface SplitSettings {
  readonly minDataInLeaf: number;
  readonly minHessianInLeaf: number;
  /** L2 on leaf values. */
  readonly l2: number;
}

export interface Split {
  readonly gain: number;
  readonly feature: number;
  /** Bins up to it go left. */
  readonly bin: number;
  /**
   * Features with any split that leaves enough on both sides. A part of the leaf has less to leave, so below it no other
   * feature need be looked at.
   */
  readonly features: Int32Array;
}

/**
 * The best split of a leaf, undefined where none gains anything; among equals the first.
 * gain = G_l²/(H_l + λ) + G_r²/(H_r + λ) − G²/(H + λ)
 */
export function findSplit(
  { offsets }: BinnedFeatures,
  histogram: Float64Array,
  features: Int32Array,
  { count, gradient, hessian }: RowSums,
  { minDataInLeaf, minHessianInLeaf, l2 }: SplitSettings,
): Split | undefined {
  const own = (gradient * gradient) / (hessian + l2);
  // A gain of rounding errors is none.
  let bestGain = 1e-12;
  let bestFeature = -1;
  let bestBin = 0;
  const possible = new Int32Array(features.length);
  let found = 0;
  for (let k = 0; k < features.length; k++) {
    const feature = features[k]!;
    const start = offsets[feature]!;
    const last = offsets[feature + 1]! - 1;
    let g = 0;
    let h = 0;
    let left = 0;
    let isPossible = false;
    for (let cell = start; cell < last; cell++) {
      const inBin = histogram[cell * 3 + 2]!;
      if (inBin === 0) continue;
      g += histogram[cell * 3]!;
      h += histogram[cell * 3 + 1]!;
      left += inBin;
      if (left < minDataInLeaf || h < minHessianInLeaf) continue;
      const restHessian = hessian - h;
      if (count - left < minDataInLeaf || restHessian < minHessianInLeaf) break;
      isPossible = true;
      const rest = gradient - g;
      const gain = (g * g) / (h + l2) + (rest * rest) / (restHessian + l2) - own;
      if (gain > bestGain) {
        bestGain = gain;
        bestFeature = feature;
        bestBin = cell - start;
      }
    }
    if (isPossible) possible[found++] = feature;
  }
  if (bestFeature < 0) return undefined;
  return { gain: bestGain, feature: bestFeature, bin: bestBin, features: possible.slice(0, found) };
}

import { toMeanOne } from './focal-shares.js';

/**
 * How much each list counts at a point of training: easy ones more at the start, all alike halfway, hard ones more at the end.
 * e^{κ (2p − 1)(h − ½)}, scaled to a mean of 1. No list is ever left out.
 * PEG moves a student's attention from easy to hard over the course of training; the exponential schedule is ours,
 * since the paper's own was not at hand.
 * @param hardness of each list, 0 to 1  @param progress p, 0 to 1  @param options strength κ. @default 2
 * @see Wu et al. 2023, arXiv:2311.11691 (PEG)
 */
export const progressiveShares = (
  hardness: readonly number[],
  progress: number,
  { strength = 2 }: { readonly strength?: number } = {},
): number[] => toMeanOne(hardness.map((h) => Math.exp(strength * (2 * progress - 1) * (h - 0.5))));

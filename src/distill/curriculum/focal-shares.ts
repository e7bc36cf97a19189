import { softmax } from '../losses/softmax.js';

/**
 * How much each list of a batch counts by how far it is from solved: (1 − p)^γ, p the share of the student's softmax on the list's
 * best items. Scaled to a mean of 1, so the learning rate keeps its meaning; held fixed while the gradient is taken.
 * @param lists scores `s` of the student now, and labels `t`
 * @param options gamma 0 counts all lists alike. @default 0.5
 * After the report's description, since neither its formula nor its code was at hand; taken over a list's best items, since a list may have several.
 * @see Zhao et al. 2025, arXiv:2506.20923 (KaLM-Embedding-V2: focal-style reweighting)
 */
export function focalShares(
  lists: readonly { readonly s: Float64Array; readonly t: Float64Array }[],
  { gamma = 0.5 }: { readonly gamma?: number } = {},
): number[] {
  return toMeanOne(
    lists.map(({ s, t }) => {
      const best = t.reduce((top, one) => Math.max(top, one), Number.NEGATIVE_INFINITY);
      const solved = softmax(s).reduce((sum, share, i) => sum + (t[i] === best ? share : 0), 0);
      return Math.max(0, 1 - solved) ** gamma;
    }),
  );
}

/** Numbers of 0 or more, scaled to a mean of 1; all 1 where they are all 0. */
export function toMeanOne(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => (mean > 0 ? value / mean : 1));
}

import { sigmoid, softplus } from '../../core/logistic.js';
import type { BatchList, BatchLoss } from './loss.js';

export interface MannWhitneyOptions {
  /** The least label of a positive. @default 1 */
  readonly relevantFrom?: number;
}

/**
 * Mann-Whitney (AUC): every positive of the batch above every negative of the batch, of whichever query.
 * L = 1/(|P| |N|) Σ_{p, n} ln(1 + e^{s_n − s_p}), an upper bound on (1 − AUC) ln 2
 * The paper divides scores by a temperature (0.01 for cosines) and in a batch sums over the negatives; here scores are as they come,
 * and the mean over them, its expectation, keeps the loss from growing with the batch.
 * Comparing across queries is what gives one threshold for all of them; a loss inside lists cannot. Not invariant to a shift of
 * one list's scores, on purpose.
 * @param lists of a batch: s scores, t grades; a batch without positives or negatives has loss 0
 * @see Sheikholeslami et al. 2025, arXiv:2510.00137
 */
export function mannWhitney(
  lists: readonly BatchList[],
  { relevantFrom = 1 }: MannWhitneyOptions = {},
): BatchLoss {
  const grads = lists.map(({ s }) => new Float64Array(s.length));
  const items = lists.flatMap(({ s, t }, list) =>
    Array.from(s, (score, i) => ({ list, i, score, label: t[i]! })),
  );
  const positives = items.filter(({ label }) => label >= relevantFrom);
  const negatives = items.filter(({ label }) => label < relevantFrom);
  const pairs = positives.length * negatives.length;
  let value = 0;
  for (const p of positives) {
    for (const n of negatives) {
      value += softplus(n.score - p.score) / pairs;
      const push = sigmoid(n.score - p.score) / pairs;
      grads[p.list]![p.i]! -= push;
      grads[n.list]![n.i]! += push;
    }
  }
  return { value, grads };
}

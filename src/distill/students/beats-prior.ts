import { meanAndError } from '../teachers/measure-teachers.js';

/**
 * Standard errors of the paired differences by which what is trained must be better than the prior: among several settings one is
 * always best by chance. A whole one kept the prior in all folds of DL19 without embeddings (.467, and .474 with half of one).
 */
const believedErrors = 0.5;

/** Of nDCG@10. Where most queries rank alike the error is next to nothing, and any gain would pass: less than this nobody can see. */
const leastGain = 0.001;

/** Whether something trained is to replace the prior. @param values nDCG@10 of held-out queries, aligned with the prior's */
export function beatsPrior(values: readonly number[], ofPrior: readonly number[]): boolean {
  const gain = meanAndError(values.map((value, i) => value - ofPrior[i]!));
  return gain.mean > believedErrors * gain.error && gain.mean >= leastGain;
}

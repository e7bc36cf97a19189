import type { FeatureSources } from '../features/feature-set.js';
import { klDivergence } from '../losses/kl-divergence.js';
import type { TrainingList } from '../training-list.js';
import { weighRows } from './scorer.js';
import type { Targets } from './targets.js';

/** Weights by feature name of the ranking that needs no training. */
export type Prior = Readonly<Record<string, number>>;

/**
 * The untrained fusions that students start from: z-scores of cosine and feedback with BM25 at half weight, as BM25 says
 * little that a dense score does not; without an encoder BM25 with term feedback. The first stage's order takes BM25's
 * place where it is read, since it may know statistics of a larger collection.
 */
export function untrainedPrior({ dense, firstStage = false }: FeatureSources): Prior {
  const lexical = firstStage ? 'first_stage_z' : 'bm25_z';
  return dense ? { cosine_z: 1, [lexical]: 0.5, feedback_z: 0.5 } : { [lexical]: 1, term_feedback_z: 0.5 };
}

/**
 * The same fusion smoothed over the list. Where many candidates are relevant it is better, where one is it is not (nDCG@10 .660 to
 * .679 on DL19, .735 to .730 on SciFact), so the teacher's labels decide.
 */
export const smoothedPrior: Prior = { smoothed_z: 1 };

/** One weight a column; names that the features lack count nothing. */
export const priorWeights = (prior: Prior, names: readonly string[]): number[] =>
  names.map((name) => prior[name] ?? 0);

/**
 * The prior times the factor that fits the targets best (least KL): it changes no order, and gives what is learned on
 * top of it a scale to be measured against. Between 0.05 and 20.
 */
export function scalePrior(
  weights: readonly number[],
  lists: readonly TrainingList[],
  targets: Targets,
): number[] {
  // Of nothing there is nothing to scale.
  if (weights.every((weight) => weight === 0)) return [...weights];
  const scores = lists.map(({ features }) =>
    weighRows(weights, features.data, features.rows, features.names.length),
  );
  const lossAt = (factor: number): number =>
    lists.reduce(
      (sum, _, i) =>
        sum +
        klDivergence(
          scores[i]!.map((score) => score * factor),
          targets.logits[i]!,
        ).value,
      0,
    );
  // Convex in the factor: golden section on its logarithm.
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(0.05), Math.log(20)];
  while (high - low > 1e-3) {
    const [a, b] = [high - golden * (high - low), low + golden * (high - low)];
    if (lossAt(Math.exp(a)) < lossAt(Math.exp(b))) high = b;
    else low = a;
  }
  const factor = Math.exp((low + high) / 2);
  return weights.map((weight) => weight * factor);
}

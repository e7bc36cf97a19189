import { z } from 'zod';
import type { FeatureMatrix, FeatureValues } from '../features/feature-set.js';
import type { TwoHeads } from '../losses/dual-head.js';
import { sumTrees } from '../trees/tree.js';

export const studentKinds = ['linear', 'lambdamart', 'mlp'] as const;
export type StudentKind = (typeof studentKinds)[number];

const numbers = z.array(z.number()).readonly();
const integers = z.array(z.number().int()).readonly();

/** Weights on raw features, one a column. */
const Linear = z.strictObject({ kind: z.literal('linear'), weights: numbers });

const Trees = z.strictObject({
  kind: z.literal('lambdamart'),
  /** Weights of the untrained fusion, whose score the trees' sum is added to. */
  prior: numbers,
  trees: z
    .array(
      z.strictObject({
        feature: integers,
        threshold: numbers,
        left: integers,
        right: integers,
        leaf: numbers,
      }),
    )
    .readonly(),
});

const Mlp = z.strictObject({
  kind: z.literal('mlp'),
  prior: numbers,
  /** Input j is (x_j − mean_j) × scale_j; scale 0 for a feature that was constant in training. */
  mean: numbers,
  scale: numbers,
  /** ReLU between them; the last gives the correction of the prior and, of two heads, a logit of P(relevant). Weights [in × out], row by row. */
  layers: z
    .array(
      z.strictObject({
        inputs: z.number().int(),
        outputs: z.number().int(),
        weights: numbers,
        bias: numbers,
      }),
    )
    .readonly(),
});

/** Everything that turns features into a score, as plain JSON. */
export const Parameters = z.discriminatedUnion('kind', [Linear, Trees, Mlp]);
export type Parameters = z.infer<typeof Parameters>;
export type LinearParameters = z.infer<typeof Linear>;
export type TreeParameters = z.infer<typeof Trees>;
export type MlpParameters = z.infer<typeof Mlp>;

/** Of one query's candidates, aligned with the rows; most students have one head. */
export type Heads = Pick<TwoHeads, 'ranking'> & Partial<TwoHeads>;

/** Scores of one query's candidates, aligned with the rows. Any reals, comparable inside one list. */
export const scoreFeatures = (parameters: Parameters, matrix: FeatureMatrix): Float64Array =>
  scoreHeads(parameters, matrix).ranking;

/** As `scoreFeatures`, with the logits that probabilities come from where a network has them. */
export function scoreHeads(parameters: Parameters, { rows, data, names }: FeatureMatrix): Heads {
  const width = names.length;
  switch (parameters.kind) {
    case 'linear':
      return { ranking: weighRows(parameters.weights, data, rows, width) };
    case 'lambdamart': {
      const base = weighRows(parameters.prior, data, rows, width);
      return { ranking: base.map((score, row) => score + sumTrees(parameters.trees, data, row * width)) };
    }
    case 'mlp': {
      const ranking = weighRows(parameters.prior, data, rows, width);
      const probability = parameters.layers.at(-1)!.outputs > 1 ? new Float64Array(rows) : undefined;
      for (let row = 0; row < rows; row++) {
        const outputs = runLayers(parameters, data, row * width);
        ranking[row]! += outputs[0]!;
        if (probability) probability[row] = outputs[1]!;
      }
      return { ranking, probability };
    }
  }
}

/** Row by row the weighted sum of the features. */
export function weighRows(
  weights: readonly number[],
  data: FeatureValues,
  rows: number,
  width: number,
): Float64Array {
  const scores = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < width; column++) {
      const weight = weights[column]!;
      if (weight !== 0) sum += weight * data[row * width + column]!;
    }
    scores[row] = sum;
  }
  return scores;
}

function runLayers(
  { mean, scale, layers }: MlpParameters,
  data: FeatureValues,
  start: number,
): ArrayLike<number> {
  let values: ArrayLike<number> = mean.map((centre, i) => (data[start + i]! - centre) * scale[i]!);
  for (const [depth, { inputs, outputs, weights, bias }] of layers.entries()) {
    const next = Float64Array.from(bias);
    for (let i = 0; i < inputs; i++) {
      const value = values[i]!;
      if (value === 0) continue;
      for (let o = 0; o < outputs; o++) next[o]! += value * weights[i * outputs + o]!;
    }
    if (depth < layers.length - 1) for (let o = 0; o < outputs; o++) next[o] = Math.max(0, next[o]!);
    values = next;
  }
  return values;
}

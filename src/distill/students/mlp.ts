import type { JobOptions } from '../../core/progress.js';
import { randomStream, shuffle } from '../../core/random.js';
import { createTurns } from '../../core/turns.js';
import { mean } from '../../core/vectors.js';
import { type CurriculumName, planEpoch } from '../curriculum/plan-epoch.js';
import type { TrainingList } from '../training-list.js';
import { createAdamW } from './adam-w.js';
import { type LossSettings, openLoss } from './open-loss.js';
import { type MlpParameters, scoreFeatures, weighRows } from './scorer.js';
import { fitStandardiser, standardise } from './standardise.js';
import { type HeldOut, listGains, meanGain, type Targets, targetsOf } from './targets.js';

export interface MlpSettings extends LossSettings {
  /** Units of each hidden layer; one or two layers are enough here. */
  readonly hidden: readonly number[];
  /** Which lists count when. @default all alike */
  readonly curriculum?: CurriculumName;
  readonly epochs: number;
  /** Epochs over which the curriculum runs. @default epochs */
  readonly horizon?: number;
  readonly learningRate: number;
  /** Decoupled, on weights and not on biases. */
  readonly weightDecay: number;
}

interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

const patience = 15;
const listsPerStep = 4;

/**
 * A small network on standardised features that corrects the prior: its output is added to the prior's score. The last
 * layer starts at zero, so training starts from the prior. The same seed gives the same weights.
 * @returns the parameters after the best epoch on `validation`, else after the last, and that epoch's number
 */
export async function fitMlp(
  lists: readonly TrainingList[],
  targets: Targets,
  settings: MlpSettings,
  prior: readonly number[],
  {
    seed,
    validation,
    signal,
    onProgress,
  }: JobOptions & { readonly seed: number; readonly validation?: HeldOut },
): Promise<{ readonly parameters: MlpParameters; readonly rounds: number }> {
  const turn = createTurns(signal);
  const width = prior.length;
  const standard = fitStandardiser(lists, width);
  const layers = initialLayers(width, settings.hidden, seed);
  const bases = lists.map(({ features }) => weighRows(prior, features.data, features.rows, width));
  const values = layers.flatMap(({ weights, bias }) => [weights, bias]);
  const adam = createAdamW(values, {
    learningRate: settings.learningRate,
    decays: values.map((_, index) => (index % 2 === 0 ? settings.weightDecay : 0)),
  });
  const { objective, contextOf } = openLoss(lists, targets, settings);
  const hardness = lists.map((list, i) => hardnessOf(list, bases[i]!, targets.gains[i]!));
  const horizon = settings.horizon ?? settings.epochs;

  const freeze = (): MlpParameters => ({
    kind: 'mlp',
    prior: [...prior],
    mean: [...standard.mean],
    scale: [...standard.scale],
    // float32, as the ONNX file has them.
    layers: layers.map((layer) => ({
      ...layer,
      weights: Array.from(layer.weights, Math.fround),
      bias: Array.from(layer.bias, Math.fround),
    })),
  });
  const judge = (parameters: MlpParameters): number =>
    meanGain(
      validation!.lists.map(({ features }) => scoreFeatures(parameters, features)),
      validation!.targets.gains,
    );

  let best = freeze();
  let bestEpoch = 0;
  let bestValue = validation ? judge(best) : 0;
  for (let epoch = 1; epoch <= settings.epochs; epoch++) {
    signal?.throwIfAborted();
    const plan = planEpoch(
      settings.curriculum,
      hardness,
      Math.min(1, (epoch - 1) / Math.max(1, horizon - 1)),
    );
    const order = shuffle(plan.lists, randomStream(seed, 'mlp-epoch', epoch));
    for (let from = 0; from < order.length; from += listsPerStep) {
      const batch = order.slice(from, from + listsPerStep);
      await turn();
      const runs = batch.map((index) => {
        const { data, rows } = lists[index]!.features;
        return forward(layers, standardise(data, standard), rows);
      });
      const scored = batch.map((index, i) => ({
        scores: runs[i]!.at(-1)!.map((output, row) => output + bases[index]![row]!),
        targets: targetsOf(targets, index),
        ...contextOf(index),
        random: randomStream(seed, 'mlp-loss', epoch, lists[index]!.queryId),
      }));
      const shares = plan.shares(batch, scored);
      const { grads } = objective(scored.map((one, i) => ({ ...one, share: shares[i]! })));
      const gradients = values.map((array) => new Float64Array(array.length));
      runs.forEach((activations, i) => {
        backward(layers, gradients, activations, grads[i]!);
      });
      adam(gradients);
    }
    onProgress?.({ stage: 'epochs', done: epoch, total: settings.epochs, unit: 'items' });
    if (!validation) continue;
    const now = freeze();
    const value = judge(now);
    if (value > bestValue) [best, bestEpoch, bestValue] = [now, epoch, value];
    if (epoch - bestEpoch >= patience) break;
  }
  return validation
    ? { parameters: best, rounds: bestEpoch }
    : { parameters: freeze(), rounds: settings.epochs };
}

/** He's initialisation (arXiv:1502.01852) for the hidden layers, zeros for the last. */
function initialLayers(width: number, hidden: readonly number[], seed: number): Layer[] {
  const sizes = [width, ...hidden, 1];
  return sizes.slice(1).map((outputs, depth) => {
    const inputs = sizes[depth]!;
    const random = randomStream(seed, 'mlp-layer', depth);
    const last = depth === sizes.length - 2;
    return {
      inputs,
      outputs,
      weights: Float64Array.from({ length: inputs * outputs }, () =>
        last ? 0 : random.normal() * Math.sqrt(2 / inputs),
      ),
      bias: new Float64Array(outputs),
    };
  });
}

/** What each layer gives, the input first and the one output a row last. */
function forward(layers: readonly Layer[], input: Float64Array, rows: number): Float64Array[] {
  const activations: Float64Array[] = [input];
  for (const [depth, { inputs, outputs, weights, bias }] of layers.entries()) {
    const from = activations[depth]!;
    const to = new Float64Array(rows * outputs);
    for (let row = 0; row < rows; row++) {
      for (let o = 0; o < outputs; o++) to[row * outputs + o] = bias[o]!;
      for (let i = 0; i < inputs; i++) {
        const value = from[row * inputs + i]!;
        if (value === 0) continue;
        for (let o = 0; o < outputs; o++) to[row * outputs + o]! += value * weights[i * outputs + o]!;
      }
    }
    if (depth < layers.length - 1) for (let k = 0; k < to.length; k++) if (to[k]! < 0) to[k] = 0;
    activations.push(to);
  }
  return activations;
}

/** Adds one list's gradient to `gradients`: weights and bias of each layer in turn. */
function backward(
  layers: readonly Layer[],
  gradients: readonly Float64Array[],
  activations: readonly Float64Array[],
  ofOutput: Float64Array,
): void {
  const rows = ofOutput.length;
  let error = ofOutput;
  for (let depth = layers.length - 1; depth >= 0; depth--) {
    const { inputs, outputs, weights } = layers[depth]!;
    const from = activations[depth]!;
    const [ofWeights, ofBias] = [gradients[2 * depth]!, gradients[2 * depth + 1]!];
    const before = new Float64Array(rows * inputs);
    for (let row = 0; row < rows; row++) {
      for (let o = 0; o < outputs; o++) ofBias[o]! += error[row * outputs + o]!;
      for (let i = 0; i < inputs; i++) {
        const value = from[row * inputs + i]!;
        let sum = 0;
        for (let o = 0; o < outputs; o++) {
          const e = error[row * outputs + o]!;
          ofWeights[i * outputs + o]! += e * value;
          sum += e * weights[i * outputs + o]!;
        }
        // ReLU passes nothing back where it gave nothing; the input needs no gradient.
        if (depth > 0 && value > 0) before[row * inputs + i] = sum;
      }
    }
    error = before;
  }
}

/** As recorded, the mean over its items; else how far the prior is from the labels' order, 1 − nDCG@10. 0 to 1. */
function hardnessOf({ hardness }: TrainingList, base: Float64Array, gains: Float64Array): number {
  if (hardness && hardness.length > 0) return mean([...hardness]);
  return 1 - (listGains([base], [gains])[0] ?? 1);
}

import type { JobOptions } from '../../core/progress.js';
import { randomStream, shuffle } from '../../core/random.js';
import { lambdaRank } from '../losses/lambda-rank.js';
import type { Loss, LossFunction } from '../losses/loss.js';
import { type LossName, losses } from '../losses/registry.js';
import type { TrainingList } from '../training-list.js';
import { type MlpParameters, scoreFeatures, weighRows } from './scorer.js';
import { fitStandardiser } from './standardise.js';
import { type HeldOut, lambdaGain, meanGain, type Targets } from './targets.js';

export interface MlpSettings {
  /** Units of each hidden layer; one or two layers are enough here. */
  readonly hidden: readonly number[];
  readonly loss: LossName;
  readonly epochs: number;
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
 * layer starts at zero, so training starts from the prior. AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101); the same
 * seed gives the same weights.
 * @returns the parameters after the best epoch on `validation`, else after the last, and that epoch's number
 */
export function fitMlp(
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
): { readonly parameters: MlpParameters; readonly rounds: number } {
  const width = prior.length;
  const standard = fitStandardiser(lists, width);
  const layers = initialLayers(width, settings.hidden, seed);
  const inputs = lists.map(({ features }) =>
    features.data.map((x, i) => (x - standard.mean[i % width]!) * standard.scale[i % width]!),
  );
  const bases = lists.map(({ features }) => weighRows(prior, features.data, features.rows, width));
  const adam = createAdamW(layers, settings);
  // KL wants the softmax's logits; the pairwise losses need only an order, and nDCG's want gains.
  const isLambda = settings.loss === 'lambda-rank';
  const labels = isLambda ? targets.gains : targets.logits;
  const loss: LossFunction = isLambda
    ? (s, t) => lambdaRank(s, t, { gain: lambdaGain[targets.kind], withValue: false })
    : losses[settings.loss];

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
    const order = shuffle([...lists.keys()], randomStream(seed, 'mlp-epoch', epoch));
    for (let from = 0; from < order.length; from += listsPerStep) {
      const batch = order.slice(from, from + listsPerStep);
      const gradients = layers.map((layer) => ({
        weights: new Float64Array(layer.weights.length),
        bias: new Float64Array(layer.bias.length),
      }));
      for (const index of batch) {
        backward(
          layers,
          gradients,
          inputs[index]!,
          lists[index]!.features.rows,
          (output) =>
            loss(
              output.map((score, row) => score + bases[index]![row]!),
              labels[index]!,
            ),
          batch.length,
        );
      }
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

type Gradients = readonly { readonly weights: Float64Array; readonly bias: Float64Array }[];

/** One list forward and back; adds 1/share of its gradient to `gradients`. */
function backward(
  layers: readonly Layer[],
  gradients: Gradients,
  input: Float64Array,
  rows: number,
  lossOf: (output: Float64Array) => Loss,
  share: number,
): void {
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
  let error = lossOf(activations.at(-1)!).grad.map((x) => x / share);
  for (let depth = layers.length - 1; depth >= 0; depth--) {
    const { inputs, outputs, weights } = layers[depth]!;
    const from = activations[depth]!;
    const gradient = gradients[depth]!;
    const before = new Float64Array(rows * inputs);
    for (let row = 0; row < rows; row++) {
      for (let o = 0; o < outputs; o++) gradient.bias[o]! += error[row * outputs + o]!;
      for (let i = 0; i < inputs; i++) {
        const value = from[row * inputs + i]!;
        let sum = 0;
        for (let o = 0; o < outputs; o++) {
          const e = error[row * outputs + o]!;
          gradient.weights[i * outputs + o]! += e * value;
          sum += e * weights[i * outputs + o]!;
        }
        // ReLU passes nothing back where it gave nothing; the input needs no gradient.
        if (depth > 0 && value > 0) before[row * inputs + i] = sum;
      }
    }
    error = before;
  }
}

function createAdamW(
  layers: readonly Layer[],
  { learningRate, weightDecay }: MlpSettings,
): (gradients: Gradients) => void {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
  const slots = layers
    .flatMap((layer) => [layer.weights, layer.bias])
    .map((values) => ({
      values,
      m: new Float64Array(values.length),
      v: new Float64Array(values.length),
    }));
  let step = 0;
  return (gradients) => {
    step++;
    const flat = gradients.flatMap(({ weights, bias }) => [weights, bias]);
    for (const [index, { values, m, v }] of slots.entries()) {
      const gradient = flat[index]!;
      const decay = index % 2 === 0 ? learningRate * weightDecay : 0;
      for (let k = 0; k < values.length; k++) {
        m[k] = beta1 * m[k]! + (1 - beta1) * gradient[k]!;
        v[k] = beta2 * v[k]! + (1 - beta2) * gradient[k]! ** 2;
        const update = m[k]! / (1 - beta1 ** step) / (Math.sqrt(v[k]! / (1 - beta2 ** step)) + epsilon);
        values[k]! -= decay * values[k]! + learningRate * update;
      }
    }
  };
}

import type { JobOptions } from '../../core/progress.js';
import { randomStream, shuffle } from '../../core/random.js';
import { createTurns } from '../../core/turns.js';
import { mean } from '../../core/vectors.js';
import { type CurriculumName, planEpoch } from '../curriculum/plan-epoch.js';
import { binaryCrossEntropy } from '../losses/binary-cross-entropy.js';
import { headObjectives } from '../losses/dual-head.js';
import type { TrainingList } from '../training-list.js';
import { createAdamW } from './adam-w.js';
import { beatsPrior } from './beats-prior.js';
import { type LossSettings, openLoss } from './open-loss.js';
import { type MlpParameters, scoreHeads, weighRows } from './scorer.js';
import { fitStandardiser, standardise } from './standardise.js';
import { type Fold, listGains, type Targets, targetsOf } from './targets.js';

export interface MlpSettings extends LossSettings {
  /** Units of each hidden layer; one or two layers are enough here. */
  readonly hidden: readonly number[];
  /** Which lists count when. @default all alike */
  readonly curriculum?: CurriculumName;
  /** A second output, trained as the logit of being relevant. @default false */
  readonly twoHeads?: boolean;
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

/** A network as it is trained. */
interface Training {
  /** One pass over the lists. @param epoch from 1 */
  readonly train: (epoch: number) => Promise<void>;
  readonly freeze: () => MlpParameters;
}

/**
 * A small network on standardised features that corrects the prior: its output is added to the prior's score. The last
 * layer starts at zero, so training starts from the prior. A second head has no prior: it starts from the share of what is
 * relevant. The same seed gives the same weights.
 */
export async function fitMlp(
  lists: readonly TrainingList[],
  targets: Targets,
  settings: MlpSettings,
  prior: readonly number[],
  { onProgress, ...job }: JobOptions & { readonly seed: number },
): Promise<MlpParameters> {
  const training = startTraining(lists, targets, settings, prior, job);
  for (let epoch = 1; epoch <= settings.epochs; epoch++) {
    await training.train(epoch);
    onProgress?.({ stage: 'epochs', done: epoch, total: settings.epochs, unit: 'items' });
  }
  return training.freeze();
}

/** Where the folds' networks stand. */
interface Epoch {
  /** 0 for the prior. */
  readonly rounds: number;
  readonly byFold: readonly MlpParameters[];
  /** nDCG@10 of the held-out lists. */
  readonly gains: readonly number[];
  /** Of the second head on the held-out lists; 0 without one. */
  readonly loss: number;
}

/**
 * Each fold's network after the epoch that is best over all lists that are held out. The folds learn an epoch, then the next: a
 * fold alone has too few lists to tell when to stop. A second head, which starts from nothing, learns longer than what corrects a
 * prior: of the epochs that rank as well, by `beatsPrior`, that with its best probabilities is taken.
 * @returns aligned with the folds, and that epoch's number, 0 for the prior
 */
export async function fitMlpFolds(
  folds: readonly Fold[],
  settings: MlpSettings,
  { onProgress, ...job }: JobOptions & { readonly seed: number },
): Promise<{ readonly byFold: readonly MlpParameters[]; readonly rounds: number }> {
  const trainings = folds.map(({ lists, targets, prior }) =>
    startTraining(lists, targets, settings, prior, job),
  );
  const measure = (rounds: number): Epoch => {
    const byFold = trainings.map(({ freeze }) => freeze());
    const heads = folds.map(({ held }, fold) =>
      held.lists.map(({ features }) => scoreHeads(byFold[fold]!, features)),
    );
    const gains = folds.flatMap(({ held }, fold) =>
      listGains(
        heads[fold]!.map(({ ranking }) => ranking),
        held.targets.gains,
      ),
    );
    const losses = folds.flatMap(({ held }, fold) =>
      heads[fold]!.map(({ probability }, list) =>
        probability ? binaryCrossEntropy(probability, targetsOf(held.targets, list).probabilities).value : 0,
      ),
    );
    return { rounds, byFold, gains, loss: mean(losses) };
  };
  const epochs = [measure(0)];
  let [best, surest] = [epochs[0]!, epochs[0]!];
  const lastGain = () => Math.max(best.rounds, surest.rounds);
  for (let epoch = 1; epoch <= settings.epochs && epoch - lastGain() <= patience; epoch++) {
    for (const { train } of trainings) await train(epoch);
    const now = measure(epoch);
    if (mean(now.gains) > mean(best.gains)) best = now;
    if (now.loss < surest.loss) surest = now;
    epochs.push(now);
    onProgress?.({ stage: 'epochs', done: epoch, total: settings.epochs, unit: 'items' });
  }
  const { byFold, rounds } = epochs
    .filter(({ gains }) => !beatsPrior(best.gains, gains))
    .reduce((top, one) => (one.loss < top.loss ? one : top), best);
  return { byFold, rounds };
}

function startTraining(
  lists: readonly TrainingList[],
  targets: Targets,
  settings: MlpSettings,
  prior: readonly number[],
  { seed, signal }: Pick<JobOptions, 'signal'> & { readonly seed: number },
): Training {
  const turn = createTurns(signal);
  const width = prior.length;
  const standard = fitStandardiser(lists, width);
  const { mix, objective, contextOf } = openLoss(lists, targets, settings);
  const heads = settings.twoHeads ? headObjectives(mix) : [objective];
  const layers = initialLayers([width, ...settings.hidden, heads.length], seed);
  if (settings.twoHeads) layers.at(-1)!.bias[1] = baseLogit(targets);
  const bases = lists.map(({ features }) => weighRows(prior, features.data, features.rows, width));
  const values = layers.flatMap(({ weights, bias }) => [weights, bias]);
  const adam = createAdamW(values, {
    learningRate: settings.learningRate,
    decays: values.map((_, index) => (index % 2 === 0 ? settings.weightDecay : 0)),
  });
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
  const train = async (epoch: number): Promise<void> => {
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
      const outputs = batch.map((index, i) => {
        const [ranking, ...others] = splitColumns(runs[i]!.at(-1)!, heads.length);
        return [ranking!.map((output, row) => output + bases[index]![row]!), ...others];
      });
      const scored = batch.map((index, i) => ({
        scores: outputs[i]![0]!,
        targets: targetsOf(targets, index),
        ...contextOf(index),
        random: randomStream(seed, 'mlp-loss', epoch, lists[index]!.queryId),
      }));
      const shares = plan.shares(batch, scored);
      const counted = scored.map((one, i) => ({ ...one, share: shares[i]! }));
      const grads = heads.map(
        (objectiveOf, head) =>
          objectiveOf(counted.map((one, i) => ({ ...one, scores: outputs[i]![head]! }))).grads,
      );
      const gradients = values.map((array) => new Float64Array(array.length));
      runs.forEach((activations, i) => {
        backward(layers, gradients, activations, joinColumns(grads.map((ofHead) => ofHead[i]!)));
      });
      adam(gradients);
    }
  };
  return { train, freeze };
}

/** He's initialisation (arXiv:1502.01852) for the hidden layers, zeros for the last. */
function initialLayers(sizes: readonly number[], seed: number): Layer[] {
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

// From 0 the head's first epochs would go to learning how much is relevant at all (Lin et al. 2017, arXiv:1708.02002).
function baseLogit(targets: Targets): number {
  const share = mean(targets.logits.map((_, list) => mean([...targetsOf(targets, list).probabilities])));
  const kept = Math.min(0.999, Math.max(0.001, share));
  return Math.log(kept / (1 - kept));
}

/** What each layer gives, the input first and the outputs of each row last. */
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

/** One array a head of what stands row by row. */
const splitColumns = (values: Float64Array, columns: number): Float64Array[] =>
  Array.from({ length: columns }, (_, column) =>
    Float64Array.from({ length: values.length / columns }, (_, row) => values[row * columns + column]!),
  );

const joinColumns = (columns: readonly Float64Array[]): Float64Array =>
  Float64Array.from(
    { length: columns.length * columns[0]!.length },
    (_, i) => columns[i % columns.length]![Math.floor(i / columns.length)]!,
  );

/**
 * Adds one list's gradient to `gradients`: weights and bias of each layer in turn.
 * @param ofOutput row by row, one value a head
 */
function backward(
  layers: readonly Layer[],
  gradients: readonly Float64Array[],
  activations: readonly Float64Array[],
  ofOutput: Float64Array,
): void {
  const rows = ofOutput.length / layers.at(-1)!.outputs;
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

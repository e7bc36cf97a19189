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
import { backward, forward, initialLayers, joinColumns, splitColumns } from './mlp-layers.js';
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

// From 0 the head's first epochs would go to learning how much is relevant at all (Lin et al. 2017, arXiv:1708.02002).
function baseLogit(targets: Targets): number {
  const share = mean(targets.logits.map((_, list) => mean([...targetsOf(targets, list).probabilities])));
  const kept = Math.min(0.999, Math.max(0.001, share));
  return Math.log(kept / (1 - kept));
}

/** As recorded, the mean over its items; else how far the prior is from the labels' order, 1 − nDCG@10. 0 to 1. */
function hardnessOf({ hardness }: TrainingList, base: Float64Array, gains: Float64Array): number {
  if (hardness && hardness.length > 0) return mean([...hardness]);
  return 1 - (listGains([base], [gains])[0] ?? 1);
}

import type { JobOptions } from '../../core/progress.js';
import { randomStream, shuffle } from '../../core/random.js';
import { planBatches } from '../../models/encoder/batches.js';
import type { ScoredList } from '../losses/objective.js';
import { bucketedBatches } from '../neural/bucketed-batches.js';
import { listLoss } from '../neural/list-loss.js';
import { Network } from '../neural/network.js';
import type { Parameters } from '../neural/parameters.js';
import { type TrainingBatch, train } from '../neural/train.js';
import type { OpenLoss } from '../students/open-loss.js';
import { type Targets, targetsOf } from '../students/targets.js';
import type { RunRecord } from './run-record.js';
import type { TextArchitecture } from './text-architecture.js';

/** Lists as a network reads them, and what they teach. All aligned. */
export interface TextData<Row> {
  readonly queryIds: readonly string[];
  /** What is learned from, with its targets. */
  readonly rows: readonly (readonly Row[])[];
  /** Whole lists, as they are scored when they are held out. */
  readonly allRows: readonly (readonly Row[])[];
  readonly targets: Targets;
  readonly loss: OpenLoss;
}

export interface FitOptions extends JobOptions {
  readonly seed: number;
  /** Epochs of the schedule. */
  readonly epochs: number;
  /** The epoch to end after. @default epochs */
  readonly until?: number;
  /** Epochs without a better measurement before it ends; the held-out lists decide. */
  readonly patience?: number;
  readonly listsPerStep: number;
  /** Passages of a list that a step learns from; others are drawn in the next epoch. */
  readonly passagesPerList: number;
  readonly threads?: number;
  readonly record: RunRecord;
  readonly settings: string;
}

/**
 * Trains a network on some of the lists and measures it on the others after every epoch.
 * @param measure of held-out scores, higher is better
 * @returns the weights after the last epoch
 */
export async function fitNetwork<Row>(
  architecture: TextArchitecture<Row>,
  data: TextData<Row>,
  parts: {
    readonly kept: readonly number[];
    readonly held: readonly number[];
    readonly measure: (scores: readonly Float64Array[]) => number;
  },
  options: FitOptions,
): Promise<Parameters> {
  const {
    seed,
    epochs,
    until = epochs,
    patience,
    listsPerStep,
    threads,
    record,
    signal,
    onProgress,
  } = options;
  const { kept, held, measure } = parts;
  const output = architecture.build({ dropout: true });
  await using network = await Network.open(output, { frozen: architecture.frozen, threads });
  const parameters = architecture.start(output.tape);
  const lengths = kept.map((list) => Math.max(...data.rows[list]!.map((row) => architecture.lengthOf(row))));
  const plan = bucketedBatches(lengths, { size: listsPerStep, seed });
  const batchesOf = (step: number): TrainingBatch[] => {
    const epoch = Math.floor((step - 1) / plan.stepsPerEpoch);
    const lists = plan.batchOf(step).map((i) => sampleRows(data, kept[i]!, epoch, options));
    return architecture.joinsLists
      ? [toBatch(architecture, lists, data.loss)]
      : lists.map((list) => toBatch(architecture, [list], data.loss));
  };
  const path = record.checkpoint;
  const trained = await train(network, parameters, {
    steps: epochs * plan.stepsPerEpoch,
    until: until * plan.stepsPerEpoch,
    batchesOf,
    schedule: {
      ...architecture.schedule,
      warmUp: Math.min(architecture.schedule.warmUp ?? 0, plan.stepsPerEpoch),
    },
    optimiser: { weightDecay: architecture.weightDecay },
    dropout: architecture.dropout,
    seed,
    signal,
    onProgress,
    validation: {
      every: plan.stepsPerEpoch,
      patience: held.length > 0 ? patience : undefined,
      measure: async (current, step) => {
        const epoch = step / plan.stepsPerEpoch;
        await record.keep(epoch, current);
        // Nothing is held out of the last training: its last weights count as its best.
        if (held.length === 0) return epoch;
        const single = await scoreLists(network, architecture, data, held, current, signal);
        const soup = await scoreLists(network, architecture, data, held, await record.soup(epoch), signal);
        await record.addScores(epoch, {
          single: single.map((one) => [...one]),
          soup: soup.map((one) => [...one]),
        });
        return measure(single);
      },
    },
    checkpoint:
      path === undefined ? undefined : { path, every: plan.stepsPerEpoch, settings: options.settings },
  });
  return trained.parameters;
}

interface SampledList<Row> {
  readonly rows: readonly Row[];
  readonly list: Omit<ScoredList, 'scores'>;
}

/** Some of a list's passages, the best by its labels always among them. */
function sampleRows<Row>(
  data: TextData<Row>,
  index: number,
  epoch: number,
  { seed, passagesPerList }: FitOptions,
): SampledList<Row> {
  const all = data.rows[index]!;
  const targets = targetsOf(data.targets, index);
  const context = data.loss.contextOf(index);
  const random = randomStream(seed, 'text-loss', epoch, data.queryIds[index]!);
  if (all.length <= passagesPerList) return { rows: all, list: { targets, ...context, random } };
  const order = [...all.keys()];
  const best = order.reduce((top, i) => (targets.order[i]! > targets.order[top]! ? i : top));
  const drawn = shuffle(order, randomStream(seed, 'passages', epoch, data.queryIds[index]!));
  const chosen = [best, ...drawn.filter((i) => i !== best)].slice(0, passagesPerList).sort((a, b) => a - b);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(chosen, (i) => values[i]!);
  return {
    rows: chosen.map((i) => all[i]!),
    list: {
      targets: {
        logits: pick(targets.logits),
        order: pick(targets.order),
        grades: pick(targets.grades),
        probabilities: pick(targets.probabilities),
      },
      weights: context.weights && pick(context.weights),
      presence: context.presence && pick(context.presence),
      random,
    },
  };
}

const toBatch = <Row>(
  architecture: TextArchitecture<Row>,
  lists: readonly SampledList<Row>[],
  { objective }: OpenLoss,
): TrainingBatch => ({
  feeds: architecture.feeds(lists.flatMap(({ rows }) => rows)),
  loss: listLoss(
    lists.map(({ list }) => list),
    objective,
  ),
});

/** Scores of whole lists, rows of like length together. */
async function scoreLists<Row>(
  network: Network,
  architecture: TextArchitecture<Row>,
  { allRows: rows }: TextData<Row>,
  lists: readonly number[],
  parameters: Parameters,
  signal: AbortSignal | undefined,
): Promise<Float64Array[]> {
  const results: Float64Array[] = [];
  for (const list of lists) {
    const scores = new Float64Array(rows[list]!.length);
    for (const batch of planBatches(rows[list]!.map((row) => architecture.lengthOf(row)))) {
      signal?.throwIfAborted();
      const { output } = await network.forward(
        parameters,
        architecture.feeds(batch.map((i) => rows[list]![i]!)),
      );
      for (const [place, i] of batch.entries()) scores[i] = output.data[place]!;
    }
    results.push(scores);
  }
  return results;
}

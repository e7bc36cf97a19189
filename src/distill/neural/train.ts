import { access } from 'node:fs/promises';
import { isAbort, RankforgeError } from '../../core/errors.js';
import type { JobOptions } from '../../core/progress.js';
import type { OnnxOutput } from '../../models/onnx/session.js';
import { AdamW, type AdamWSettings } from './adam-w.js';
import { readCheckpoint, type TrainingProgress, writeCheckpoint } from './checkpoint.js';
import { GradientSum } from './gradient-sum.js';
import { learningRate, type Schedule } from './learning-rate.js';
import type { Feeds, Network } from './network.js';
import { copyParameters, type Parameters } from './parameters.js';

/** What goes through the network at once, and what its output is worth. */
export interface TrainingBatch {
  readonly feeds: Feeds;
  /** The loss of the network's output, and its gradient, of the output's length. */
  readonly loss: (output: OnnxOutput) => { readonly value: number; readonly gradient: ArrayLike<number> };
}

export interface TrainOptions extends JobOptions {
  /** Optimiser steps, which the schedule is laid over. */
  readonly steps: number;
  /** The step to end after, where training is to stop in the middle of its schedule. @default steps */
  readonly until?: number;
  /**
   * The batches of one step, from 1; their gradients are averaged. It must depend on the step alone, or a resumed run
   * would not go on as the first one would have.
   */
  readonly batchesOf: (step: number) => Iterable<TrainingBatch> | AsyncIterable<TrainingBatch>;
  readonly schedule: Schedule;
  readonly optimiser?: AdamWSettings;
  /** The greatest norm that a step's gradients may have together; they are scaled down to it. @default 1 */
  readonly clip?: number;
  /** The share of elements that dropout takes, where the network has dropout. @default 0.1 */
  readonly dropout?: number;
  /** Of dropout's masks. */
  readonly seed: number;
  /** Keeps what is best on data held out, and stops where nothing better comes. */
  readonly validation?: {
    /** Steps between measurements. */
    readonly every: number;
    /** Measurements without a better one before it stops. @default training goes to its end */
    readonly patience?: number;
    /** Higher is better. A run that is stopped while it measures goes on from the checkpoint before. */
    readonly measure: (parameters: Parameters, step: number) => Promise<number>;
  };
  /** A file to go on from, if it is there, and to write every so many steps, when aborted and at the end. */
  readonly checkpoint?: {
    readonly path: string;
    readonly every: number;
    /** Names network, data and settings: a checkpoint of others is refused. */
    readonly settings: string;
  };
  readonly onStep?: (report: StepReport) => void;
}

export interface StepReport {
  /** From 1. */
  readonly step: number;
  /** The mean of the batches' losses. */
  readonly loss: number;
  readonly learningRate: number;
  /** Of the gradients, before clipping. */
  readonly norm: number;
}

export interface Trained {
  /** Those of the best measurement, or the last without `validation`. */
  readonly parameters: Parameters;
  /** The step that they are of. */
  readonly step: number;
  /** The best measurement. */
  readonly value?: number;
}

/**
 * Trains a network in place: for each step the batches' mean gradient, clipped, through AdamW. The same seed, batches and
 * number of threads give the same weights, bit by bit, also through a stop and a resume.
 * @param parameters are changed
 * @throws RankforgeError `diverged` when a loss or a gradient is not finite; `bad-file` for a checkpoint of another run
 */
export async function train(
  network: Network,
  parameters: Parameters,
  options: TrainOptions,
): Promise<Trained> {
  const { steps, until = steps, schedule, clip = 1, validation, checkpoint, signal } = options;
  const { onProgress, onStep } = options;
  const optimiser = new AdamW(parameters, options.optimiser);
  const gradients = new GradientSum(parameters);
  let progress: TrainingProgress = { step: 0 };
  let best: Parameters | undefined;
  if (checkpoint && (await exists(checkpoint.path))) {
    ({ progress, best } = await readCheckpoint(
      checkpoint.path,
      { parameters, optimiser },
      checkpoint.settings,
    ));
  }
  let written = progress.step;
  const save = async (): Promise<void> => {
    if (!checkpoint || written === progress.step) return;
    await writeCheckpoint(checkpoint.path, { parameters, optimiser, best, progress }, checkpoint.settings);
    written = progress.step;
  };

  // Whether weights and progress are of the same step, so that they may be saved.
  let whole = true;
  try {
    while (progress.step < until && !isOver(progress, validation)) {
      const step = progress.step + 1;
      const loss = await sumGradients(network, parameters, gradients, step, options);
      const norm = gradients.norm() / loss.batches;
      checkFinite('gradient', norm, step);
      const rate = learningRate(step, steps, schedule);
      whole = false;
      optimiser.step(gradients, rate, Math.min(1, clip / (norm + 1e-6)) / loss.batches);
      let bestYet = progress.best;
      if (validation && (step % validation.every === 0 || step === until)) {
        const value = await validation.measure(parameters, step);
        checkFinite('measurement', value, step);
        if (!bestYet || value > bestYet.value) {
          bestYet = { step, value };
          best = copyParameters(parameters);
        }
      }
      progress = { step, best: bestYet };
      whole = true;
      onStep?.({ step, loss: loss.mean, learningRate: rate, norm });
      onProgress?.({ stage: 'steps', done: step, total: until, unit: 'items' });
      if (checkpoint && step % checkpoint.every === 0) await save();
    }
  } catch (error) {
    // A step that was under way has changed nothing yet; one that was being measured is taken again.
    if (whole && (isAbort(error) || signal?.aborted)) await save();
    throw error;
  }
  await save();
  return best && progress.best ? { parameters: best, ...progress.best } : { parameters, step: progress.step };
}

/** Fills `gradients` with the sum over the step's batches. */
async function sumGradients(
  network: Network,
  parameters: Parameters,
  gradients: GradientSum,
  step: number,
  { batchesOf, dropout: rate = 0.1, seed, signal }: TrainOptions,
): Promise<{ readonly mean: number; readonly batches: number }> {
  gradients.clear();
  let [sum, batches] = [0, 0];
  for await (const { feeds, loss } of batchesOf(step)) {
    signal?.throwIfAborted();
    const dropout = { rate, seed, names: [step, batches] };
    const pass = await network.forward(parameters, feeds, { dropout });
    const { value, gradient } = loss(pass.output);
    checkFinite('loss', value, step);
    await pass.backward(Float32Array.from(gradient), gradients);
    sum += value;
    batches++;
  }
  if (batches > 0) return { mean: sum / batches, batches };
  throw new RankforgeError('too-little-data', `Step ${step} has no batch`, {
    where: `step ${step}`,
    hint: 'Give each step at least one batch.',
  });
}

/** Whether enough measurements went by without a better one. */
function isOver({ step, best }: TrainingProgress, validation: TrainOptions['validation']): boolean {
  if (!validation?.patience || !best) return false;
  return step - best.step >= validation.patience * validation.every;
}

function checkFinite(what: string, value: number, step: number): void {
  if (Number.isFinite(value)) return;
  throw new RankforgeError('diverged', `The ${what} of step ${step} is ${value}`, {
    where: `step ${step}`,
    hint: 'Lower the learning rate, or look for labels that are not finite.',
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

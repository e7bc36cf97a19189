import { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import { atomicWrite } from '../../formats/atomic-write.js';
import { encodeSafetensors } from '../../models/encoder/encode-safetensors.js';
import { Safetensors, type WeightTensor } from '../../models/encoder/safetensors.js';
import type { AdamW } from './adam-w.js';
import type { Parameters } from './parameters.js';

const Progress = z.strictObject({
  /** Steps taken. */
  step: z.number().int().nonnegative(),
  /** The best measurement so far. */
  best: z.strictObject({ step: z.number().int(), value: z.number() }).optional(),
});
export type TrainingProgress = z.infer<typeof Progress>;

/** Everything that a training run changes; random streams are named by their step, so they need no state. */
export interface TrainingState {
  readonly parameters: Parameters;
  readonly optimiser: AdamW;
  /** The parameters at the best measurement. */
  readonly best?: Parameters;
  readonly progress: TrainingProgress;
}

/**
 * Writes the state as one safetensors file, whole or not at all.
 * @param settings names what was trained on what and how; another text is refused when it is read
 * @throws RankforgeError `disk-full`, `no-permission`
 */
export async function writeCheckpoint(
  path: string,
  { parameters, optimiser, best, progress }: TrainingState,
  settings: string,
): Promise<void> {
  const tensors: [string, WeightTensor][] = [];
  for (const [name, parameter] of parameters) tensors.push([`weights/${name}`, parameter]);
  for (const [name, parameter] of best ?? []) tensors.push([`best/${name}`, parameter]);
  for (const [name, { first, second }] of optimiser.moments) {
    const { shape } = parameters.get(name)!;
    tensors.push([`first/${name}`, { shape, data: first }], [`second/${name}`, { shape, data: second }]);
  }
  await atomicWrite(path, encodeSafetensors(tensors, { settings, progress: JSON.stringify(progress) }));
}

/**
 * Reads a state into parameters and an optimiser of the same network.
 * @returns the progress, and the best parameters where there are some
 * @throws RankforgeError `missing-file`; `bad-file` for a damaged file or one of other settings
 */
export async function readCheckpoint(
  path: string,
  { parameters, optimiser }: Pick<TrainingState, 'parameters' | 'optimiser'>,
  settings: string,
): Promise<Pick<TrainingState, 'best' | 'progress'>> {
  const file = await Safetensors.open(path);
  const known = z.strictObject({ settings: z.string(), progress: z.string() }).safeParse(file.metadata);
  if (!known.success) throw unusable(path, 'it is not a checkpoint', known.error);
  if (known.data.settings !== settings) throw unusable(path, 'it is of other settings or data');
  const progress = Progress.parse(JSON.parse(known.data.progress));
  const names = new Set(file.names);
  const best = new Map<string, WeightTensor>();
  for (const [name, { shape, data }] of parameters) {
    const read = (kind: string): Float32Array => file.tensor(`${kind}/${name}`, shape).data;
    data.set(read('weights'));
    // Moments change later, and what is read is a view of the whole file.
    if (names.has(`first/${name}`)) {
      optimiser.moments.set(name, { first: read('first').slice(), second: read('second').slice() });
    }
    if (progress.best) best.set(name, { shape, data: read('best').slice() });
  }
  optimiser.steps = progress.step;
  return { progress, best: progress.best && best };
}

const unusable = (path: string, what: string, cause?: unknown): RankforgeError =>
  new RankforgeError('bad-file', `The training run cannot go on from ${path}: ${what}`, {
    where: path,
    hint: 'Delete it to train from the start.',
    cause,
  });

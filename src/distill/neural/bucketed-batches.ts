import { randomStream, shuffle } from '../../core/random.js';

export interface BatchPlan {
  readonly stepsPerEpoch: number;
  /** Indexes of the items of a step, from 1. Each epoch has every item once, in another order. */
  readonly batchOf: (step: number) => readonly number[];
}

// Items are sorted by length inside such a pool alone, so batches differ from epoch to epoch.
const batchesPerPool = 32;

/**
 * Batches of items of like length, so that little padding is computed, in an order that the seed and the epoch decide.
 * @param lengths of the items, for instance tokens
 * @param size items of a batch; an epoch's last may have fewer
 */
export function bucketedBatches(
  lengths: readonly number[],
  { size, seed }: { size: number; seed: number },
): BatchPlan {
  const stepsPerEpoch = Math.ceil(lengths.length / size);
  let planned: { readonly epoch: number; readonly batches: readonly (readonly number[])[] } | undefined;
  return {
    stepsPerEpoch,
    batchOf: (step) => {
      const epoch = Math.floor((step - 1) / stepsPerEpoch);
      if (planned?.epoch !== epoch) planned = { epoch, batches: planEpoch(lengths, size, seed, epoch) };
      return planned.batches[(step - 1) % stepsPerEpoch]!;
    },
  };
}

function planEpoch(lengths: readonly number[], size: number, seed: number, epoch: number): number[][] {
  const order = shuffle([...lengths.keys()], randomStream(seed, 'epoch', epoch));
  const batches: number[][] = [];
  for (let start = 0; start < order.length; start += size * batchesPerPool) {
    const pool = order.slice(start, start + size * batchesPerPool);
    pool.sort((a, b) => lengths[a]! - lengths[b]! || a - b);
    for (let i = 0; i < pool.length; i += size) batches.push(pool.slice(i, i + size));
  }
  return shuffle(batches, randomStream(seed, 'batches', epoch));
}

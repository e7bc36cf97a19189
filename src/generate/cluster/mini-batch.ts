import { setImmediate } from 'node:timers/promises';
import type { JobOptions } from '../../core/progress.js';
import { randomStream, shuffle } from '../../core/random.js';
import { assignRows, type Centroids } from './centroids.js';
import type { VectorSource } from './vector-source.js';

// Rows that lie together are read together: a file is read in stretches, and a batch has stretches from all over it.
const rowsPerStretch = 32;
const stretchesPerBatch = 128;
/** Times that every row is read, at most. */
const passes = 3;
/** Batches without a better smoothed inertia after which it has converged. */
const patience = 10;

interface MiniBatchOptions extends JobOptions {
  readonly seed: number;
  readonly tolerance?: number;
}

/**
 * Mini-batch k-means: of each batch, every row moves its nearest mean a step of 1 / (rows that this mean has seen)
 * towards itself, so that a mean is the average of its rows so far. Batches of 4,096 rows are drawn as stretches in a
 * seeded order, so a corpus sorted by topic does no harm. A mean that a whole pass gave no row is moved to the row
 * farthest from its own. Memory: one batch and the means.
 * @see Sculley 2010, "Web-Scale K-Means Clustering", WWW, doi:10.1145/1772690.1772862
 */
export async function miniBatchCentroids(
  source: VectorSource,
  seeds: Centroids,
  { seed, tolerance = 1e-4, signal, onProgress }: MiniBatchOptions,
  start: number,
): Promise<{ readonly centroids: Centroids; readonly steps: number; readonly converged: boolean }> {
  const { count, dimensions } = seeds;
  const centroids = { count, dimensions, data: seeds.data.slice() };
  const seen = new Float64Array(count);
  const stretches = Math.ceil(source.size / rowsPerStretch);
  const random = randomStream(seed, 'mini-batch', start);
  const total = passes * Math.ceil(stretches / stretchesPerBatch);
  let smoothed: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  let worse = 0;
  let steps = 0;
  for (let pass = 0; pass < passes; pass++) {
    const order = shuffle([...Array(stretches).keys()], random);
    const before = seen.slice();
    let worst: { readonly distance: number; readonly row: Float32Array } | undefined;
    for (let first = 0; first < order.length; first += stretchesPerBatch) {
      signal?.throwIfAborted();
      const batch = await readStretches(source, order.slice(first, first + stretchesPerBatch));
      const size = batch.length / dimensions;
      const clusters = new Uint32Array(size);
      const distances = new Float32Array(size);
      assignRows(batch, centroids, { clusters, distances, offset: 0 });
      let inertia = 0;
      for (let n = 0; n < size; n++) {
        const cluster = clusters[n]!;
        seen[cluster]! += 1;
        moveTowards(
          centroids.data,
          cluster * dimensions,
          batch,
          n * dimensions,
          dimensions,
          1 / seen[cluster]!,
        );
        inertia += distances[n]!;
        if (!worst || distances[n]! > worst.distance) {
          worst = { distance: distances[n]!, row: batch.slice(n * dimensions, (n + 1) * dimensions) };
        }
      }
      steps += 1;
      onProgress?.({ stage: 'k-means', done: steps, total });
      await setImmediate();
      const weight = Math.min(1, (2 * size) / (source.size + 1));
      smoothed =
        smoothed === undefined ? inertia / size : (1 - weight) * smoothed + (weight * inertia) / size;
      worse = smoothed < least * (1 - tolerance) ? 0 : worse + 1;
      least = Math.min(least, smoothed);
      // The first pass is always finished: otherwise a part of the corpus would have no say.
      if (pass > 0 && worse >= patience) return { centroids, steps, converged: true };
    }
    const idle = seen.findIndex((value, cluster) => value === before[cluster]);
    if (idle >= 0 && worst && worst.distance > 0) {
      centroids.data.set(worst.row, idle * dimensions);
      seen[idle] = 1;
    }
  }
  return { centroids, steps, converged: worse >= patience };
}

async function readStretches(source: VectorSource, stretches: readonly number[]): Promise<Float32Array> {
  const { dimensions } = source;
  const batch = new Float32Array(stretches.length * rowsPerStretch * dimensions);
  let used = 0;
  for (const stretch of stretches) {
    const at = stretch * rowsPerStretch;
    const rows = await source.read(at, Math.min(rowsPerStretch, source.size - at));
    batch.set(rows, used);
    used += rows.length;
  }
  return batch.subarray(0, used);
}

function moveTowards(
  means: Float64Array,
  at: number,
  rows: Float32Array,
  from: number,
  dimensions: number,
  step: number,
): void {
  for (let i = 0; i < dimensions; i++) means[at + i]! += step * (rows[from + i]! - means[at + i]!);
}

import { setImmediate } from 'node:timers/promises';
import { RankforgeError } from '../../core/errors.js';
import type { JobOptions } from '../../core/progress.js';
import { randomStream } from '../../core/random.js';
import { assignRows, type Centroids } from './centroids.js';
import { seedCentroids } from './k-means-plus-plus.js';
import { miniBatchCentroids } from './mini-batch.js';
import { readRows, type VectorSource } from './vector-source.js';

export interface KMeansOptions extends JobOptions {
  /** Clusters wanted, 1 or more. */
  readonly k: number;
  readonly seed: number;
  /** Rounds of Lloyd's algorithm at most. @default 100 */
  readonly iterations?: number;
  /** It has converged when a round lowers the inertia by less than this part. @default 1e-4 */
  readonly tolerance?: number;
  /** Runs from different seeds, of which the one with the least inertia is kept. @default 1 */
  readonly starts?: number;
  /**
   * `lloyd` reads all rows in every round. `mini-batch` reads a few thousand a step and all of them once at the end: for
   * very many rows, with an inertia a few percent higher. `auto` takes it above 50,000 rows. @default auto
   */
  readonly method?: 'auto' | 'lloyd' | 'mini-batch';
}

export interface Clustering {
  /** Clusters found: fewer than `k` where there are fewer different rows. */
  readonly count: number;
  readonly dimensions: number;
  /** Means, row by row. */
  readonly centroids: Float64Array;
  /** By row: its cluster, from 0. */
  readonly clusters: Uint32Array;
  /** By row: squared distance from its cluster's mean. */
  readonly distances: Float32Array;
  /** By cluster: its rows. One of mini-batch k-means may have none. */
  readonly sizes: Uint32Array;
  /** Sum of the squared distances: what k-means minimises. */
  readonly inertia: number;
  readonly iterations: number;
  readonly converged: boolean;
}

const automaticLimit = 50_000;
const rowsPerRead = 1024;

/**
 * k-means by Euclidean distance: greedy k-means++ seeds, then Lloyd's rounds until the inertia stands, or mini-batches.
 * Same seed, rows and order: same clusters. Memory: 16 bytes a row, the means in double precision, and the rows that
 * seeds are drawn from (the larger of 10,000 and 30 k, at random); the vectors stay where the source has them.
 * @throws RankforgeError `usage` for a `k` below 1, `too-little-data` for no rows; the signal's reason
 * @see Lloyd 1982, doi:10.1109/TIT.1982.1056489; Arthur & Vassilvitskii 2007; Sculley 2010 for mini-batches
 */
export async function kMeans(source: VectorSource, options: KMeansOptions): Promise<Clustering> {
  const { k, starts = 1, method = 'auto' } = options;
  for (const [name, value] of Object.entries({ k, starts })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new RankforgeError('usage', `${name} must be a whole number, 1 or more, not ${value}`, {
      where: name,
      hint: 'Correct the option.',
    });
  }
  if (source.size === 0) {
    throw new RankforgeError('too-little-data', 'There are no vectors to cluster', {
      hint: 'Give at least one; the funnel of the sampling stage says why passages were left out.',
    });
  }
  const small = method === 'lloyd' || (method === 'auto' && source.size <= automaticLimit);
  let best: Clustering | undefined;
  for (let start = 0; start < starts; start++) {
    const seeds = await drawSeeds(source, options, start);
    const found = await (small ? lloyd : miniBatch)(source, seeds, options, start);
    if (!best || found.inertia < best.inertia) best = found;
  }
  return best!;
}

async function drawSeeds(
  source: VectorSource,
  { k, seed }: KMeansOptions,
  start: number,
): Promise<Centroids> {
  const random = randomStream(seed, 'k-means', start);
  const wanted = Math.max(10_000, 30 * k);
  // A clustering cannot have more clusters than rows.
  const most = Math.min(k, source.size);
  if (source.size <= wanted) {
    const rows = Float32Array.from(await source.read(0, source.size));
    return seedCentroids(rows, source.dimensions, most, random);
  }
  const rows = new Set<number>();
  while (rows.size < wanted) rows.add(random.int(source.size));
  return seedCentroids(await readRows(source, [...rows]), source.dimensions, most, random);
}

async function lloyd(source: VectorSource, seeds: Centroids, options: KMeansOptions): Promise<Clustering> {
  const { iterations = 100, tolerance = 1e-4 } = options;
  let centroids = seeds;
  let previous: number | undefined;
  for (let round = 1; ; round++) {
    const found = await assign(source, centroids, options);
    // A mean without rows takes the row that is worst off; what it lowers shows in the next round.
    const refilled = refillEmpty(found);
    const converged = !refilled && previous !== undefined && previous - found.inertia <= tolerance * previous;
    if (converged || round >= iterations) return { ...found, iterations: round, converged };
    previous = refilled ? undefined : found.inertia;
    centroids = await means(source, found, centroids);
    options.onProgress?.({ stage: 'k-means', done: round, total: iterations });
  }
}

async function miniBatch(
  source: VectorSource,
  seeds: Centroids,
  options: KMeansOptions,
  start: number,
): Promise<Clustering> {
  const { centroids, steps, converged } = await miniBatchCentroids(source, seeds, options, start);
  return { ...(await assign(source, centroids, options)), iterations: steps, converged };
}

/** Assigns every row to its nearest centroid. */
async function assign(
  source: VectorSource,
  centroids: Centroids,
  { signal }: Pick<JobOptions, 'signal'> = {},
): Promise<Omit<Clustering, 'iterations' | 'converged'>> {
  const clusters = new Uint32Array(source.size);
  const distances = new Float32Array(source.size);
  for (let offset = 0; offset < source.size; offset += rowsPerRead) {
    const rows = await source.read(offset, Math.min(rowsPerRead, source.size - offset));
    assignRows(rows, centroids, { clusters, distances, offset });
    // So that a signal is heard and a bar is drawn.
    await setImmediate();
    signal?.throwIfAborted();
  }
  const sizes = new Uint32Array(centroids.count);
  let inertia = 0;
  for (let row = 0; row < source.size; row++) {
    sizes[clusters[row]!]! += 1;
    inertia += distances[row]!;
  }
  const { count, dimensions, data } = centroids;
  return { count, dimensions, centroids: data, clusters, distances, sizes, inertia };
}

/** Moves the row farthest from its mean into each empty cluster, in place. Whether there was one to fill. */
function refillEmpty({
  clusters,
  distances,
  sizes,
}: Pick<Clustering, 'clusters' | 'distances' | 'sizes'>): boolean {
  let refilled = false;
  for (let cluster = 0; cluster < sizes.length; cluster++) {
    if (sizes[cluster]! > 0) continue;
    let farthest = -1;
    for (let row = 0; row < clusters.length; row++) {
      if (sizes[clusters[row]!]! < 2 || distances[row] === 0) continue;
      if (farthest < 0 || distances[row]! > distances[farthest]!) farthest = row;
    }
    if (farthest < 0) return refilled;
    sizes[clusters[farthest]!]! -= 1;
    sizes[cluster] = 1;
    clusters[farthest] = cluster;
    distances[farthest] = 0;
    refilled = true;
  }
  return refilled;
}

async function means(
  source: VectorSource,
  { clusters, sizes }: Pick<Clustering, 'clusters' | 'sizes'>,
  before: Centroids,
): Promise<Centroids> {
  const { count, dimensions } = before;
  const data = new Float64Array(count * dimensions);
  for (let offset = 0; offset < source.size; offset += rowsPerRead) {
    const rows = await source.read(offset, Math.min(rowsPerRead, source.size - offset));
    for (let start = 0, row = offset; start < rows.length; start += dimensions, row++) {
      const at = clusters[row]! * dimensions;
      for (let i = 0; i < dimensions; i++) data[at + i]! += rows[start + i]!;
    }
  }
  for (let cluster = 0; cluster < count; cluster++) {
    const at = cluster * dimensions;
    if (sizes[cluster] === 0) data.set(before.data.subarray(at, at + dimensions), at);
    else for (let i = at; i < at + dimensions; i++) data[i]! /= sizes[cluster]!;
  }
  return { count, dimensions, data };
}

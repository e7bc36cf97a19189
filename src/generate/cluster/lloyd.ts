import { setImmediate } from 'node:timers/promises';
import type { JobOptions } from '../../core/progress.js';
import { assignRows, type Centroids } from './centroids.js';
import type { VectorSource } from './vector-source.js';

interface LloydOptions extends JobOptions {
  /** @default 100 */
  readonly iterations?: number;
  /** @default 1e-4 */
  readonly tolerance?: number;
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

const rowsPerRead = 1024;

/**
 * Lloyd's rounds from some first means: rows to their nearest mean, means to the average of their rows, until the inertia
 * stands. A mean without rows takes the row that is farthest from its own.
 */
export async function lloyd(
  source: VectorSource,
  seeds: Centroids,
  options: LloydOptions,
): Promise<Clustering> {
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

/** Assigns every row to its nearest centroid. */
export async function assign(
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

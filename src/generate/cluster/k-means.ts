import { RankforgeError } from '../../core/errors.js';
import type { JobOptions } from '../../core/progress.js';
import { randomStream } from '../../core/random.js';
import type { Centroids } from './centroids.js';
import { fittingRows } from './fitting-rows.js';
import { seedCentroids } from './k-means-plus-plus.js';
import { assign, type Clustering, lloyd } from './lloyd.js';
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
   * `lloyd` reads all rows in every round. `mini-batch` reads a few thousand a step, of 65,536 rows at most, and all once at
   * the end: for very many rows, with an inertia a few percent higher. `auto` takes it above 50,000 rows. @default auto
   */
  readonly method?: 'auto' | 'lloyd' | 'mini-batch';
}

const automaticLimit = 50_000;

/**
 * k-means by Euclidean distance: greedy k-means++ seeds, then Lloyd's rounds until the inertia stands, or mini-batches.
 * Same seed, rows and order: same clusters. Memory: 16 bytes a row, the means in double precision, the rows that seeds are
 * drawn from (the larger of 10,000 and 10 k, at random), and those that mini-batches are drawn from where they are a sample;
 * the other vectors stay where the source has them.
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
  const fitted = small ? source : await fittingRows(source, options);
  let best: Clustering | undefined;
  for (let start = 0; start < starts; start++) {
    const seeds = await drawSeeds(fitted, options, start);
    const found = await (small
      ? lloyd(source, seeds, options)
      : miniBatch(source, fitted, seeds, options, start));
    if (!best || found.inertia < best.inertia) best = found;
  }
  return best!;
}

async function drawSeeds(
  source: VectorSource,
  { k, seed, signal }: KMeansOptions,
  start: number,
): Promise<Centroids> {
  const random = randomStream(seed, 'k-means', start);
  const wanted = Math.max(10_000, 10 * k);
  // A clustering cannot have more clusters than rows.
  const seeding = { dimensions: source.dimensions, k: Math.min(k, source.size), random, signal };
  if (source.size <= wanted) {
    const rows = Float32Array.from(await source.read(0, source.size));
    return seedCentroids(rows, seeding);
  }
  const rows = new Set<number>();
  while (rows.size < wanted) rows.add(random.int(source.size));
  return seedCentroids(await readRows(source, [...rows]), seeding);
}

/** Means moved by the rows that they are fitted to, and then all rows assigned to them. */
async function miniBatch(
  source: VectorSource,
  fitted: VectorSource,
  seeds: Centroids,
  options: KMeansOptions,
  start: number,
): Promise<Clustering> {
  const { centroids, steps, converged } = await miniBatchCentroids(fitted, seeds, options, start);
  return { ...(await assign(source, centroids, options)), iterations: steps, converged };
}

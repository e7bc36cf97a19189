import type { JobOptions } from '../../core/progress.js';
import { apportion } from '../apportion.js';
import { squaredNorm } from '../cluster/centroids.js';
import { type KMeansOptions, kMeans } from '../cluster/k-means.js';
import { normaliseRows, productsWith, readRows, type VectorSource } from '../cluster/vector-source.js';
import { checkRange } from './check-range.js';
import { inTurn } from './in-turn.js';
import { pickByMmr } from './mmr.js';
import { drawWeighted } from './weighted-draw.js';

export interface ChooseByClusterOptions extends JobOptions {
  readonly count: number;
  readonly seed: number;
  /** One number in [0, 1) a row, from its own random stream. */
  readonly uniforms: ArrayLike<number>;
  /** Clusters; never more than rows or picks. @default the square root of the rows, rounded */
  readonly clusters?: number;
  /** Of the softmax over cosines to the cluster's mean: near 0 takes the nearest, very high any. Above 0. @default 1 */
  readonly temperature?: number;
  /** Of MMR inside a cluster: 1 takes the nearest of those drawn, 0 those least like each other. @default 0.5 */
  readonly lambda?: number;
  /** Rows drawn for each one picked, from which MMR picks. @default 5 */
  readonly pool?: number;
  readonly method?: KMeansOptions['method'];
}

export interface ChosenByCluster {
  /** The first of each cluster, then the second of each, …: any beginning is spread out as well. */
  readonly rows: readonly number[];
  /** By cluster: its rows, and those picked. */
  readonly clusters: readonly { readonly size: number; readonly picked: number }[];
  readonly inertia: number;
}

/**
 * Rows spread over the topics of a collection, as DUQGen draws them: k-means; one pick for each cluster and the rest by
 * size; inside a cluster a pool drawn by a softmax over the cosine to its mean, of which MMR keeps the wanted number.
 * Exactly min(count, rows) of them: what does not divide goes to the largest remainders, and a cluster that is too small
 * passes its share on.
 *
 * Memory: that of `kMeans`, 8 bytes a row, and the vectors of one cluster's pool.
 * @throws RankforgeError as `kMeans` and `pickByMmr` do
 * @see Chandradevan, Dhole & Agichtein 2024, "DUQGen", NAACL, arXiv:2404.02489, section 3 (temperature 1, λ 1, pools of 5
 *   draws). Its published code fixes λ at 1, adds one pick to every cluster where nothing remains to be shared out
 *   (a slice from −0), and fails where a cluster is smaller than its share.
 */
export async function chooseByCluster(
  source: VectorSource,
  options: ChooseByClusterOptions,
): Promise<ChosenByCluster> {
  const { seed, uniforms, temperature = 1, lambda = 0.5, pool = 5, method, signal, onProgress } = options;
  const count = Math.min(options.count, source.size);
  checkRange('temperature', temperature, (value) => value > 0, 'above 0');
  checkRange('pool', pool, (value) => value >= 1, '1 or more');
  if (count === 0) return { rows: [], clusters: [], inertia: 0 };
  const wanted = options.clusters ?? Math.max(1, Math.round(Math.sqrt(source.size)));
  const k = Math.min(wanted, count);
  const found = await kMeans(source, { k, seed, method, signal, onProgress });
  // A mini-batch mean may be without rows, and takes part in nothing.
  const shares = apportion(found.sizes, count, { capacities: found.sizes, least: 1 });
  const { dimensions } = source;
  const members = membersOf(found.clusters, found.sizes);
  const picks: number[][] = [];
  for (const [cluster, share] of shares.entries()) {
    signal?.throwIfAborted();
    const rows = members[cluster]!;
    const at = cluster * dimensions;
    const mean = Float32Array.from(found.centroids.subarray(at, at + dimensions));
    const norm = Math.sqrt(squaredNorm(mean, 0, dimensions)) || 1;
    // Of unit vectors, cos(x, mean) = constant − |x − mean|² / (2 |mean|): the clustering has all that the softmax needs.
    const drawn = drawWeighted(
      Array.from(rows, (row) => -found.distances[row]! / (2 * norm * temperature)),
      Array.from(rows, (row) => uniforms[row]!),
      Math.ceil(share * pool),
    ).map((place) => rows[place]!);
    const vectors = normaliseRows(await readRows(source, drawn), dimensions);
    const relevance = productsWith(vectors, normaliseRows(mean, dimensions));
    const order = await pickByMmr(vectors, dimensions, relevance, { count: share, lambda, signal });
    picks.push(order.map((place) => drawn[place]!));
  }
  return {
    rows: inTurn(picks),
    clusters: shares.map((picked, cluster) => ({ size: found.sizes[cluster]!, picked })),
    inertia: found.inertia,
  };
}

/** Rows by cluster, each in the order of the collection: counting sort, 4 bytes a row. */
function membersOf(clusters: Uint32Array, sizes: Uint32Array): Uint32Array[] {
  const members = Array.from(sizes, (size) => new Uint32Array(size));
  const used = new Uint32Array(sizes.length);
  for (let row = 0; row < clusters.length; row++) {
    const cluster = clusters[row]!;
    members[cluster]![used[cluster]!] = row;
    used[cluster]! += 1;
  }
  return members;
}

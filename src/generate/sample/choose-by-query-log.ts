import { setImmediate } from 'node:timers/promises';
import { RankforgeError } from '../../core/errors.js';
import type { JobOptions } from '../../core/progress.js';
import { TopK } from '../../retrieval/top-k.js';
import { apportion } from '../apportion.js';
import { kMeans } from '../cluster/k-means.js';
import { normaliseRows, productsWith, type VectorSource } from '../cluster/vector-source.js';
import { checkRange } from './check-range.js';
import { inTurn } from './in-turn.js';
import { gumbel } from './weighted-draw.js';

export interface ChooseByQueryLogOptions extends JobOptions {
  readonly count: number;
  readonly seed: number;
  /** One number in [0, 1) a row, from its own random stream. */
  readonly uniforms: ArrayLike<number>;
  /** Vectors of the log's different queries, by the same encoder. */
  readonly log: VectorSource;
  /** How often each was asked. @default 1 each */
  readonly counts?: ArrayLike<number>;
  /** Topics that the log is summed up in, never more than its queries. @default 64 */
  readonly topics?: number;
  /** Of the softmax over cosines to a topic: near 0 takes the nearest passages, very high any. Above 0. @default 0.05 */
  readonly temperature?: number;
}

export interface ChosenByQueryLog {
  /** The first of each topic, then the second of each, …, topics by their weight. */
  readonly rows: readonly number[];
  /** By topic, heaviest first: its share of the log's searches, and rows picked for it. */
  readonly topics: readonly { readonly share: number; readonly picked: number }[];
  /** Mean over rows of the cosine to their nearest topic: of those picked, and of all. */
  readonly cosine: { readonly picked: number; readonly all: number };
}

/**
 * Rows near what users ask, in the proportions in which they ask it: k-means sums the log up in topics, each gets its
 * share of the picks (exact by largest remainder), and draws them by a softmax over the cosines of all rows with it. A
 * row drawn for a heavier topic is not drawn again. Exactly min(count, rows) of them.
 * Memory: topics × count × 16 bytes, and one block of vectors; one pass over the rows.
 * @throws RankforgeError `usage` where log and rows were embedded by different encoders; as `kMeans` does
 */
export async function chooseByQueryLog(
  source: VectorSource,
  options: ChooseByQueryLogOptions,
): Promise<ChosenByQueryLog> {
  const { seed, uniforms, log, counts, topics = 64, temperature = 0.05, signal } = options;
  checkRange('temperature', temperature, (value) => value > 0, 'above 0');
  if (log.dimensions !== source.dimensions) {
    throw new RankforgeError(
      'usage',
      `The log's vectors have ${log.dimensions} numbers, the passages' ${source.dimensions}`,
      {
        where: 'log',
        hint: 'Embed both with one encoder.',
      },
    );
  }
  const count = Math.min(options.count, source.size);
  const found = await topicsOf(log, counts, { k: topics, seed, signal });
  const shares = apportion(
    found.map(({ share }) => share),
    count,
  );
  // A topic that shares its nearest rows with all the others still finds its own among the first `count`.
  const nearest = found.map(() => new TopK(count));
  const bestCosines = new Float32Array(source.size).fill(-1);
  const rowsPerRead = 1024;
  for (let start = 0; start < source.size; start += rowsPerRead) {
    await setImmediate();
    signal?.throwIfAborted();
    const read = await source.read(start, Math.min(rowsPerRead, source.size - start));
    const rows = normaliseRows(Float32Array.from(read), source.dimensions);
    for (const [topic, { mean }] of found.entries()) {
      const cosines = productsWith(rows, mean);
      for (let i = 0; i < cosines.length; i++) {
        const row = start + i;
        if (cosines[i]! > bestCosines[row]!) bestCosines[row] = cosines[i]!;
        // A number of its own for each topic, evenly spread: steps of the golden ratio around the circle.
        const uniform = (uniforms[row]! + topic * 0.618_033_988_749_894_9) % 1;
        nearest[topic]!.add(row, cosines[i]! / temperature + gumbel(uniform));
      }
    }
  }
  const taken = new Set<number>();
  const picks = nearest.map((top, topic) => {
    const rows: number[] = [];
    for (const { index } of top.sorted()) {
      if (rows.length === shares[topic]) break;
      if (taken.has(index)) continue;
      taken.add(index);
      rows.push(index);
    }
    return rows;
  });
  const rows = inTurn(picks);
  const meanOf = (values: Iterable<number>, size: number) => {
    let sum = 0;
    for (const value of values) sum += value;
    return size === 0 ? 0 : sum / size;
  };
  return {
    rows,
    topics: found.map(({ share }, topic) => ({ share, picked: picks[topic]!.length })),
    cosine: {
      picked: meanOf(
        rows.map((row) => bestCosines[row]!),
        rows.length,
      ),
      all: meanOf(bestCosines, source.size),
    },
  };
}

async function topicsOf(
  log: VectorSource,
  counts: ArrayLike<number> | undefined,
  options: { readonly k: number; readonly seed: number; readonly signal: AbortSignal | undefined },
): Promise<{ readonly mean: Float32Array; readonly share: number }[]> {
  const { count, centroids, clusters, dimensions } = await kMeans(log, options);
  const weights = new Float64Array(count);
  for (const [query, cluster] of clusters.entries()) weights[cluster]! += counts?.[query] ?? 1;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Array.from(weights, (weight, cluster) => ({
    mean: normaliseRows(
      Float32Array.from(centroids.subarray(cluster * dimensions, (cluster + 1) * dimensions)),
      dimensions,
    ),
    share: weight / total,
  }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share);
}

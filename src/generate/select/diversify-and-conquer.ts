import { randomStream } from '../../core/random.js';
import { apportion } from '../apportion.js';
import { kMeans } from '../cluster/k-means.js';
import type { VectorSource } from '../cluster/vector-source.js';
import { inTurn } from '../sample/in-turn.js';
import { drawWeighted } from '../sample/weighted-draw.js';
import type { SelectionOptions } from './selection.js';

export interface DiversifyOptions extends SelectionOptions {
  /** k-means clusters, well below `count`. @default a tenth of count, at least 2 */
  readonly clusters?: number;
  /** By row: its quality, 0 or more; a row is drawn in proportion to it among its cluster. @default 1 each */
  readonly quality?: readonly number[];
}

/**
 * Diversify and conquer (D&C), its static selection “kMQ”: k-means into far fewer clusters than rows are wanted; each
 * cluster gets a part of them in proportion to its size; inside it rows are drawn at random, weighted by their quality.
 * Without qualities it is the paper's “kM-random”.
 *
 * As in section 2.1 and equation 3 of the paper, but for two things: parts are whole numbers by largest remainder, and
 * rows are drawn without replacement, so that the selection has exactly min(count, rows) different ones.
 * @see Yu, Chen, Ahmadian & Fadaee 2024, "Diversify and Conquer", arXiv:2409.11378
 */
export async function pickDiverse(vectors: VectorSource, options: DiversifyOptions): Promise<number[]> {
  const { seed, quality, signal, onProgress } = options;
  const count = Math.min(options.count, vectors.size);
  if (count === 0) return [];
  const k = options.clusters ?? Math.max(2, Math.round(count / 10));
  const { clusters, sizes } = await kMeans(vectors, { k, seed, signal, onProgress });
  const shares = apportion(sizes, count, { capacities: sizes });
  const members = Array.from(sizes, () => [] as number[]);
  for (const [row, cluster] of clusters.entries()) members[cluster]!.push(row);
  const random = randomStream(seed, 'diversify-and-conquer');
  const uniforms = Array.from(clusters, () => random.next());
  const picks = members.map((rows, cluster) =>
    drawWeighted(
      // A row of quality 0 comes last, and not never: its cluster's part may need it.
      rows.map((row) => Math.log(Math.max(quality?.[row] ?? 1, 1e-300))),
      rows.map((row) => uniforms[row]!),
      shares[cluster]!,
    ).map((at) => rows[at]!),
  );
  return inTurn(picks);
}

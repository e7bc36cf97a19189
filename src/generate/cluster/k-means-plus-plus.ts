import { setImmediate } from 'node:timers/promises';
import type { JobOptions } from '../../core/progress.js';
import type { Random } from '../../core/random.js';
import { type Centroids, squaredDistance } from './centroids.js';

interface SeedOptions extends Pick<JobOptions, 'signal'> {
  readonly dimensions: number;
  readonly k: number;
  readonly random: Random;
}

/**
 * First centroids by greedy k-means++: each new one is a row drawn with probability proportional to its squared distance
 * from those chosen, the best of 2 + ln k draws. Fewer than k where the rows hold fewer different vectors.
 * O(rows × k × ln k × dimensions).
 * @param rows row by row, at least one
 * @see Arthur & Vassilvitskii 2007, "k-means++: The Advantages of Careful Seeding", SODA
 */
export async function seedCentroids(
  rows: Float32Array,
  { dimensions, k, random, signal }: SeedOptions,
): Promise<Centroids> {
  const size = rows.length / dimensions;
  const chosen: number[] = [random.int(size)];
  const trials = 2 + Math.floor(Math.log(k));
  let nearest = distancesTo(rows, dimensions, chosen[0]!);
  while (chosen.length < k) {
    const total = sum(nearest);
    await setImmediate();
    signal?.throwIfAborted();
    // What is left are copies of rows already chosen.
    if (!(total > 0)) break;
    let best: { readonly row: number; readonly nearest: Float64Array; readonly total: number } | undefined;
    for (let trial = 0; trial < trials; trial++) {
      const row = draw(nearest, random.next() * total);
      const distances = distancesTo(rows, dimensions, row);
      for (let i = 0; i < size; i++) if (nearest[i]! < distances[i]!) distances[i] = nearest[i]!;
      const left = sum(distances);
      if (!best || left < best.total) best = { row, nearest: distances, total: left };
    }
    if (!best) break;
    chosen.push(best.row);
    nearest = best.nearest;
  }
  const data = new Float64Array(chosen.length * dimensions);
  for (const [i, row] of chosen.entries()) {
    data.set(rows.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions);
  }
  return { count: chosen.length, dimensions, data };
}

function distancesTo(rows: Float32Array, dimensions: number, row: number): Float64Array {
  const out = new Float64Array(rows.length / dimensions);
  for (let i = 0; i < out.length; i++) {
    out[i] = squaredDistance(rows, i * dimensions, rows, row * dimensions, dimensions);
  }
  return out;
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** The row in whose stretch of the cumulated weights the mark lies; never one of weight 0. */
function draw(weights: Float64Array, mark: number): number {
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    last = i;
    mark -= weights[i]!;
    if (mark < 0) break;
  }
  return last;
}

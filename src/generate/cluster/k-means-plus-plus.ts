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
  let [nearest] = distancesTo(rows, dimensions, chosen) as [Float64Array];
  while (chosen.length < k) {
    const total = sum(nearest);
    await setImmediate();
    signal?.throwIfAborted();
    // What is left are copies of rows already chosen.
    if (!(total > 0)) break;
    const drawn = Array.from({ length: trials }, () => draw(nearest, random.next() * total));
    let best: { readonly row: number; readonly nearest: Float64Array; readonly total: number } | undefined;
    for (const [trial, distances] of distancesTo(rows, dimensions, drawn).entries()) {
      const row = drawn[trial]!;
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

/**
 * Squared distances of all rows to some of them, three at a time: one sum waits for its last addition, and three keep the
 * processor busy. Each is added up in the same order as alone.
 */
function distancesTo(rows: Float32Array, dimensions: number, to: readonly number[]): Float64Array[] {
  const size = rows.length / dimensions;
  const out = to.map(() => new Float64Array(size));
  let first = 0;
  for (; first + 2 < to.length; first += 3) {
    const [a, b, c] = [out[first]!, out[first + 1]!, out[first + 2]!];
    const [at0, at1, at2] = [
      to[first]! * dimensions,
      to[first + 1]! * dimensions,
      to[first + 2]! * dimensions,
    ];
    for (let row = 0; row < size; row++) {
      const at = row * dimensions;
      let [sum0, sum1, sum2] = [0, 0, 0];
      for (let i = 0; i < dimensions; i++) {
        const x = rows[at + i]!;
        const d0 = x - rows[at0 + i]!;
        const d1 = x - rows[at1 + i]!;
        const d2 = x - rows[at2 + i]!;
        sum0 += d0 * d0;
        sum1 += d1 * d1;
        sum2 += d2 * d2;
      }
      [a[row], b[row], c[row]] = [sum0, sum1, sum2];
    }
  }
  for (; first < to.length; first++) {
    for (let row = 0; row < size; row++)
      out[first]![row] = squaredDistance(rows, row * dimensions, rows, to[first]! * dimensions, dimensions);
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

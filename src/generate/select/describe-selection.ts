import { setImmediate } from 'node:timers/promises';
import type { JobOptions } from '../../core/progress.js';
import { quantile } from '../../core/quantile.js';
import { mean } from '../../core/vectors.js';
import { squaredDistance } from '../cluster/centroids.js';
import { readRows, type VectorSource } from '../cluster/vector-source.js';
import { typeOf } from './example-groups.js';
import type { SelectionInput } from './selection.js';

/** Least, quartiles, greatest, and the mean. */
export interface Spread {
  readonly least: number;
  readonly quarter: number;
  readonly median: number;
  readonly threeQuarters: number;
  readonly greatest: number;
  readonly mean: number;
}

/** What a selection is like. */
export interface SelectionFigures {
  readonly count: number;
  /** Greatest distance of any example from the nearest selected one (Euclidean): what k-centre makes small. */
  readonly coverageRadius?: number;
  /** Mean distance of an example from the nearest selected one. */
  readonly meanDistanceToSelected?: number;
  /** Mean distance of two selected ones: how unlike each other they are. */
  readonly meanPairDistance?: number;
  /** Shares of query types, where they were recorded. */
  readonly types: Readonly<Record<string, number>>;
  readonly difficulty?: Spread;
}

/** Figures of a selection. Distances only with vectors, and with something selected. */
export async function describeSelection(
  { examples, vectors, difficulties }: SelectionInput,
  indexes: readonly number[],
  job: Pick<JobOptions, 'signal'> = {},
): Promise<SelectionFigures> {
  const types: Record<string, number> = {};
  for (const index of indexes) {
    const type = typeOf(examples[index]!);
    if (type !== undefined) types[type] = (types[type] ?? 0) + 1 / indexes.length;
  }
  return {
    count: indexes.length,
    ...(vectors && indexes.length > 0 ? await distances(vectors, indexes, job) : {}),
    types: Object.fromEntries(Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(difficulties && indexes.length > 0
      ? { difficulty: spread(indexes.map((index) => difficulties[index]!)) }
      : {}),
  };
}

async function distances(
  vectors: VectorSource,
  indexes: readonly number[],
  { signal }: Pick<JobOptions, 'signal'>,
) {
  const { dimensions, size } = vectors;
  const chosen = await readRows(vectors, indexes);
  let [radius, sum, pairs] = [0, 0, 0];
  const rowsPerRead = 1024;
  for (let start = 0; start < size; start += rowsPerRead) {
    await setImmediate();
    signal?.throwIfAborted();
    const rows = await vectors.read(start, Math.min(rowsPerRead, size - start));
    for (let at = 0; at < rows.length; at += dimensions) {
      let nearest = Number.POSITIVE_INFINITY;
      for (let other = 0; other < chosen.length; other += dimensions) {
        nearest = Math.min(nearest, squaredDistance(rows, at, chosen, other, dimensions));
      }
      radius = Math.max(radius, Math.sqrt(nearest));
      sum += Math.sqrt(nearest);
    }
  }
  for (let a = 0; a < chosen.length; a += dimensions) {
    for (let b = a + dimensions; b < chosen.length; b += dimensions) {
      pairs += Math.sqrt(squaredDistance(chosen, a, chosen, b, dimensions));
    }
  }
  const count = indexes.length;
  return {
    coverageRadius: radius,
    meanDistanceToSelected: sum / size,
    meanPairDistance: count < 2 ? 0 : pairs / ((count * (count - 1)) / 2),
  };
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    least: sorted[0]!,
    quarter: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    threeQuarters: quantile(sorted, 0.75),
    greatest: sorted.at(-1)!,
    mean: mean(values),
  };
}

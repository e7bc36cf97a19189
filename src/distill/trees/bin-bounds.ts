import type { FeatureMatrix, FeatureValues, FilledCells } from '../features/feature-set.js';
import { findFilled } from '../features/filled-cells.js';

/** Rows of a matrix as trees read them: what columns are called is nothing to them. */
export type RowMatrix = Pick<FeatureMatrix, 'rows' | 'data' | 'filled'>;

const maxBins = 255;
// LightGBM's min_data_in_bin, and its bin_construct_sample_cnt: more rows move no bound by much.
const minDataInBin = 3;
const sampledRows = 200_000;

/**
 * Where each feature is cut into at most 255 bins, from a sample of the rows.
 * @returns by feature the largest value of each bin but the last; nothing for one that is constant
 */
export async function findBounds(
  matrices: readonly RowMatrix[],
  features: number,
  turn?: () => Promise<void>,
): Promise<Float64Array[]> {
  const rows = rowsOf(matrices);
  const step = Math.max(1, Math.ceil(rows / sampledRows));
  const sampled = Math.ceil(rows / step);
  const eachSampled = async (visit: (column: number, value: number) => void): Promise<void> => {
    let at = 0;
    for (const matrix of matrices) {
      await turn?.();
      const { starts, columns, values } = cellsIn(matrix, features);
      for (let row = (step - (at % step)) % step; row < matrix.rows; row += step)
        for (let i = starts[row]!; i < starts[row + 1]!; i++) visit(columns[i]!, values[i]!);
      at += matrix.rows;
    }
  };
  const used = new Uint32Array(features);
  await eachSampled((column) => {
    used[column]!++;
  });
  // Doubles only where there are any: of a large file this is the most that binning takes.
  const isFloat = matrices.every(
    (matrix) => matrix.filled !== undefined || matrix.data instanceof Float32Array,
  );
  const filled = Array.from(used, (count) => (isFloat ? new Float32Array(count) : new Float64Array(count)));
  used.fill(0);
  await eachSampled((column, value) => {
    filled[column]![used[column]!++] = value;
  });
  return filled.map((values) => binBounds(values.sort(), sampled));
}

export const rowsOf = (matrices: readonly RowMatrix[]): number =>
  matrices.reduce((sum, { rows }) => sum + rows, 0);

export const cellsIn = (matrix: RowMatrix, features: number): FilledCells =>
  matrix.filled?.() ?? findFilled(matrix, features);

/**
 * Bounds halfway between neighbouring values, bins of about equal counts where there are too many values.
 * @param filled the values that are not 0, in order  @param sampled how many there are with the zeros
 */
function binBounds(filled: FeatureValues, sampled: number): Float64Array {
  const { values, counts } = countDistinct(filled, sampled - filled.length);
  const perBin = values.length <= maxBins ? minDataInBin : Math.max(minDataInBin, sampled / maxBins);
  const limits: number[] = [];
  let inBin = 0;
  let left = sampled;
  for (let i = 0; i < values.length - 1; i++) {
    inBin += counts[i]!;
    left -= counts[i]!;
    if (inBin < perBin || left < minDataInBin || limits.length === maxBins - 1) continue;
    limits.push((values[i]! + values[i + 1]!) / 2);
    inBin = 0;
  }
  return Float64Array.from(limits);
}

/** Each value once, in order, and how often it is there. @param sorted without zeros @param zeros how many there are */
function countDistinct(
  sorted: FeatureValues,
  zeros: number,
): { readonly values: readonly number[]; readonly counts: readonly number[] } {
  const values: number[] = [];
  const counts: number[] = [];
  const add = (value: number, count: number): void => {
    if (value === values.at(-1)) {
      counts[counts.length - 1]! += count;
      return;
    }
    values.push(value);
    counts.push(count);
  };
  let zerosLeft = zeros;
  for (const value of sorted) {
    if (zerosLeft > 0 && value > 0) {
      add(0, zerosLeft);
      zerosLeft = 0;
    }
    add(value, 1);
  }
  if (zerosLeft > 0) add(0, zerosLeft);
  return { values, counts };
}

/** @returns the number of a value's bin */
export function binOf(value: number, limits: Float64Array): number {
  let low = 0;
  let high = limits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= limits[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

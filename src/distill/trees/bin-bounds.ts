import type { FeatureMatrix, FeatureValues, FilledCells } from '../features/feature-set.js';

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
  lists: readonly (() => FilledCells)[],
  { features, rows }: { readonly features: number; readonly rows: number },
  turn?: () => Promise<void>,
): Promise<Float64Array[]> {
  const step = Math.max(1, Math.ceil(rows / sampledRows));
  const sampled = Math.ceil(rows / step);
  const eachList = async (visit: (cells: FilledCells, first: number) => void): Promise<void> => {
    let at = 0;
    for (const cellsOf of lists) {
      await turn?.();
      const cells = cellsOf();
      visit(cells, (step - (at % step)) % step);
      at += cells.starts.length - 1;
    }
  };
  const used = new Uint32Array(features);
  let isFloat = true;
  await eachList(({ starts, columns, values }, first) => {
    isFloat &&= values instanceof Float32Array;
    for (let row = first; row < starts.length - 1; row += step)
      for (let i = starts[row]!; i < starts[row + 1]!; i++) used[columns[i]!]!++;
  });
  // Doubles only where there are any: of a large file this is the most that binning takes.
  const filled = Array.from(used, (count) => (isFloat ? new Float32Array(count) : new Float64Array(count)));
  used.fill(0);
  await eachList(({ starts, columns, values }, first) => {
    for (let row = first; row < starts.length - 1; row += step)
      for (let i = starts[row]!; i < starts[row + 1]!; i++) {
        const column = columns[i]!;
        filled[column]![used[column]!++] = values[i]!;
      }
  });
  return filled.map((values) => binBounds(values.sort(), sampled));
}

export const rowsOf = (matrices: readonly RowMatrix[]): number =>
  matrices.reduce((sum, { rows }) => sum + rows, 0);

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
): { readonly values: Float64Array; readonly counts: Uint32Array } {
  const values = new Float64Array(sorted.length + 1);
  const counts = new Uint32Array(sorted.length + 1);
  let found = 0;
  let zerosLeft = zeros;
  for (let i = 0; i < sorted.length; i++) {
    const value = sorted[i]!;
    if (zerosLeft > 0 && value > 0) {
      counts[found++] = zerosLeft;
      zerosLeft = 0;
    }
    if (i === 0 || value !== sorted[i - 1]) values[found++] = value;
    counts[found - 1]!++;
  }
  if (zerosLeft > 0) counts[found++] = zerosLeft;
  return { values: values.subarray(0, found), counts: counts.subarray(0, found) };
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

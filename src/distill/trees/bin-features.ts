import type { FeatureMatrix } from '../features/feature-set.js';

/** Rows of a matrix as trees read them: what columns are called is nothing to them. */
export type RowMatrix = Pick<FeatureMatrix, 'rows' | 'data'>;

/**
 * Features cut into at most 255 bins, for trees that look at histograms instead of values. Each row keeps only the
 * bins that are not its feature's most frequent one, so a sparse matrix costs what its filled cells cost.
 * @see Ke et al. 2017, LightGBM, section 2.1 (histograms) and its `most_freq_bin`
 */
export interface BinnedFeatures {
  readonly rows: number;
  readonly features: number;
  /** By feature, the largest value of each bin but the last. */
  readonly bounds: readonly Float64Array[];
  /** First histogram cell of each feature, and their number at the end. */
  readonly offsets: Int32Array;
  /** Each feature's most frequent bin. */
  readonly common: Int32Array;
  /** Bin of each row: feature × rows + row. */
  readonly bins: Uint8Array;
  /** Where row r's histogram cells begin, three numbers a cell: `cells[rowStart[r]]` to `cells[rowStart[r + 1]]`. */
  readonly rowStart: Uint32Array;
  /** Of 16 bits where that is enough for all features: they are most of what training holds. */
  readonly cells: Uint16Array | Uint32Array;
}

const maxBins = 255;
// LightGBM's min_data_in_bin, and its bin_construct_sample_cnt: more rows move no bound by much.
const minDataInBin = 3;
const sampledRows = 200_000;

/**
 * @param matrices one after the other, of `features` columns, finite
 * @param turn called before each feature: a million rows take a while
 */
export async function binFeatures(
  matrices: readonly RowMatrix[],
  features: number,
  turn?: () => Promise<void>,
): Promise<BinnedFeatures> {
  const rows = matrices.reduce((sum, matrix) => sum + matrix.rows, 0);
  const bounds: Float64Array[] = [];
  const bins = new Uint8Array(rows * features);
  const offsets = new Int32Array(features + 1);
  const common = new Int32Array(features);
  const column = new Float64Array(rows);
  const rowStart = new Uint32Array(rows + 1);
  for (let feature = 0; feature < features; feature++) {
    await turn?.();
    readColumn(matrices, features, feature, column);
    const limits = binBounds(column);
    bounds.push(limits);
    offsets[feature + 1] = offsets[feature]! + limits.length + 1;
    const counts = new Int32Array(limits.length + 1);
    const own = bins.subarray(feature * rows, (feature + 1) * rows);
    let bin = 0;
    for (let row = 0; row < rows; row++) {
      // Rows often repeat the value before: zeros above all.
      if (row === 0 || column[row] !== column[row - 1]) bin = binOf(column[row]!, limits);
      own[row] = bin;
      counts[bin]!++;
    }
    const most = counts.indexOf(counts.reduce((top, count) => Math.max(top, count), 0));
    common[feature] = most;
    for (let row = 0; row < rows; row++) if (own[row] !== most) rowStart[row + 1]!++;
  }
  for (let row = 0; row < rows; row++) rowStart[row + 1]! += rowStart[row]!;
  const filled = rowStart[rows]!;
  const cells = offsets[features]! * 3 < 2 ** 16 ? new Uint16Array(filled) : new Uint32Array(filled);
  const next = rowStart.slice();
  for (let feature = 0; feature < features; feature++) {
    const own = bins.subarray(feature * rows, (feature + 1) * rows);
    for (let row = 0; row < rows; row++) {
      if (own[row] !== common[feature]) cells[next[row]!++] = (offsets[feature]! + own[row]!) * 3;
    }
  }
  return { rows, features, bounds, offsets, common, bins, rowStart, cells };
}

function readColumn(
  matrices: readonly RowMatrix[],
  features: number,
  feature: number,
  column: Float64Array,
): void {
  let at = 0;
  for (const { rows, data } of matrices)
    for (let row = 0; row < rows; row++) column[at++] = data[row * features + feature]!;
}

/** Bounds halfway between neighbouring values, bins of about equal counts where there are too many values. */
function binBounds(column: Float64Array): Float64Array {
  const step = Math.ceil(column.length / sampledRows);
  const sampled = Math.ceil(column.length / Math.max(1, step));
  // Most of a sparse column is zeros, which need no sorting.
  const filled = new Float64Array(sampled);
  let used = 0;
  for (let row = 0; row < column.length; row += step) if (column[row] !== 0) filled[used++] = column[row]!;
  const { values, counts } = countDistinct(filled.subarray(0, used).sort(), sampled - used);
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
  sorted: Float64Array,
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

function binOf(value: number, limits: Float64Array): number {
  let low = 0;
  let high = limits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= limits[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

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
  readonly rowStart: Int32Array;
  readonly cells: Int32Array;
}

const maxBins = 255;
// LightGBM's min_data_in_bin.
const minDataInBin = 3;

/** @param data rows × features, row by row, finite */
export function binFeatures(data: Float64Array, rows: number, features: number): BinnedFeatures {
  const bounds: Float64Array[] = [];
  const bins = new Uint8Array(rows * features);
  const offsets = new Int32Array(features + 1);
  const common = new Int32Array(features);
  const column = new Float64Array(rows);
  const rowStart = new Int32Array(rows + 1);
  for (let feature = 0; feature < features; feature++) {
    for (let row = 0; row < rows; row++) column[row] = data[row * features + feature]!;
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
  const cells = new Int32Array(rowStart[rows]!);
  const next = rowStart.slice();
  for (let feature = 0; feature < features; feature++) {
    const own = bins.subarray(feature * rows, (feature + 1) * rows);
    for (let row = 0; row < rows; row++) {
      if (own[row] !== common[feature]) cells[next[row]!++] = (offsets[feature]! + own[row]!) * 3;
    }
  }
  return { rows, features, bounds, offsets, common, bins, rowStart, cells };
}

/** Bounds halfway between neighbouring values, bins of about equal counts where there are too many values. */
function binBounds(column: Float64Array): Float64Array {
  const counts = new Map<number, number>();
  let zeros = 0;
  for (let row = 0; row < column.length; row++) {
    const value = column[row]!;
    // Most of a sparse column: too many to look up one by one.
    if (value === 0) zeros++;
    else counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  if (zeros > 0) counts.set(0, zeros);
  const distinct = Float64Array.from(counts.keys()).sort();
  const perBin = distinct.length <= maxBins ? minDataInBin : Math.max(minDataInBin, column.length / maxBins);
  const limits: number[] = [];
  let inBin = 0;
  let left = column.length;
  for (let i = 0; i < distinct.length - 1; i++) {
    const count = counts.get(distinct[i]!)!;
    inBin += count;
    left -= count;
    if (inBin < perBin || left < minDataInBin || limits.length === maxBins - 1) continue;
    limits.push((distinct[i]! + distinct[i + 1]!) / 2);
    inBin = 0;
  }
  return Float64Array.from(limits);
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

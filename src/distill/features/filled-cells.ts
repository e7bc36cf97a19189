import type { FeatureMatrix, FilledCells } from './feature-set.js';

/** Columns that a matrix may have before their numbers take 32 bits. */
export const manyColumns = 2 ** 16;

/**
 * A matrix's filled cells, as often as they are wanted: from where they are kept, else found once.
 * @param width columns of the matrix
 */
export function cellsOf(
  matrix: Pick<FeatureMatrix, 'rows' | 'data' | 'filled'>,
  width: number,
): () => FilledCells {
  if (matrix.filled) return () => matrix.filled!();
  const found = findFilled(matrix, width);
  return () => found;
}

function findFilled({ rows, data }: Pick<FeatureMatrix, 'rows' | 'data'>, width: number): FilledCells {
  let filled = 0;
  for (let cell = 0; cell < rows * width; cell++) if (data[cell] !== 0) filled++;
  const starts = new Uint32Array(rows + 1);
  const columns = width <= manyColumns ? new Uint16Array(filled) : new Uint32Array(filled);
  const values = data instanceof Float32Array ? new Float32Array(filled) : new Float64Array(filled);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      const value = data[row * width + column]!;
      if (value === 0) continue;
      columns[at] = column;
      values[at++] = value;
    }
    starts[row + 1] = at;
  }
  return { starts, columns, values };
}

/** The whole matrix, zeros and all. */
export function spreadCells({ starts, columns, values }: FilledCells, width: number): Float32Array {
  const data = new Float32Array((starts.length - 1) * width);
  for (let row = 0; row < starts.length - 1; row++) {
    const end = starts[row + 1]!;
    for (let i = starts[row]!; i < end; i++) data[row * width + columns[i]!] = values[i]!;
  }
  return data;
}

/** X w: one score a row. */
export function weighCells({ starts, columns, values }: FilledCells, weights: Float64Array): Float64Array {
  const scores = new Float64Array(starts.length - 1);
  for (let row = 0; row < scores.length; row++) {
    let sum = 0;
    const end = starts[row + 1]!;
    for (let i = starts[row]!; i < end; i++) sum += values[i]! * weights[columns[i]!]!;
    scores[row] = sum;
  }
  return scores;
}

/** Adds Xᵀ v to one number a column. @param v one number a row */
export function addByColumn(
  { starts, columns, values }: FilledCells,
  v: Float64Array,
  sums: Float64Array,
): void {
  for (let row = 0; row < v.length; row++) {
    const factor = v[row]!;
    const end = starts[row + 1]!;
    for (let i = starts[row]!; i < end; i++) sums[columns[i]!]! += factor * values[i]!;
  }
}

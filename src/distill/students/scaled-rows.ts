import type { FeatureMatrix } from '../features/feature-set.js';

/** One list's features times their scale, row by row without the zeros, which are most of a feature file. */
export interface ScaledRows {
  /** Where each row's cells begin, and at last their end. */
  readonly starts: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float64Array;
}

/** @param scale one a column; a column of scale 0 is left out */
export function scaleRows(
  { rows, data }: Pick<FeatureMatrix, 'rows' | 'data'>,
  scale: readonly number[],
): ScaledRows {
  const width = scale.length;
  const isFilled = (cell: number): boolean => data[cell] !== 0 && scale[cell % width] !== 0;
  let filled = 0;
  for (let cell = 0; cell < rows * width; cell++) if (isFilled(cell)) filled++;
  const starts = new Uint32Array(rows + 1);
  const columns = new Uint32Array(filled);
  const values = new Float64Array(filled);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      const cell = row * width + column;
      if (!isFilled(cell)) continue;
      columns[at] = column;
      values[at++] = data[cell]! * scale[column]!;
    }
    starts[row + 1] = at;
  }
  return { starts, columns, values };
}

/** X w: one score a row. */
export function weighScaled({ starts, columns, values }: ScaledRows, weights: Float64Array): Float64Array {
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
  { starts, columns, values }: ScaledRows,
  v: Float64Array,
  sums: Float64Array,
): void {
  for (let row = 0; row < v.length; row++) {
    const factor = v[row]!;
    const end = starts[row + 1]!;
    for (let i = starts[row]!; i < end; i++) sums[columns[i]!]! += factor * values[i]!;
  }
}

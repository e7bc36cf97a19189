export interface Scaled {
  /** Rows and columns sum to 1, as nearly as the iterations reach. */
  readonly matrix: Float64Array;
  /** By which each iteration divided. */
  readonly steps: readonly { readonly columns: Float64Array; readonly rows: Float64Array }[];
}

export interface SinkhornOptions {
  /** @default 50 */
  readonly iterations?: number;
  /** It stops once no sum is further from 1. @default 1e-6 */
  readonly tolerance?: number;
}

/** A line whose sum is below it is divided by this instead, and the gradient takes that for a constant. */
const least = 1e-10;

/**
 * Sinkhorn's scaling of an n × n matrix of numbers of 0 or more: columns, then rows, are divided by their sums until both are 1.
 * @see Sinkhorn 1964, doi:10.1214/aoms/1177703591
 */
export function sinkhorn(
  start: Float64Array,
  n: number,
  { iterations = 50, tolerance = 1e-6 }: SinkhornOptions = {},
): Scaled {
  const matrix = Float64Array.from(start);
  const steps: { columns: Float64Array; rows: Float64Array }[] = [];
  let columns = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) columns[j]! += matrix[i * n + j]!;
  for (let step = 0; step < iterations; step++) {
    const factors = columns.map((sum) => 1 / Math.max(sum, least));
    const rows = new Float64Array(n);
    const after = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += matrix[i * n + j]! *= factors[j]!;
      rows[i] = sum;
      const factor = 1 / Math.max(sum, least);
      for (let j = 0; j < n; j++) after[j]! += matrix[i * n + j]! *= factor;
    }
    steps.push({ columns, rows });
    columns = after;
    // Rows sum to 1 by now: the columns tell whether both do.
    if (columns.every((sum) => Math.abs(sum - 1) < tolerance)) break;
  }
  return { matrix, steps };
}

/** dL/dstart from dL/dmatrix: the iterations are walked back by multiplying what they divided by, so none is kept. */
export function sinkhornBackward({ matrix, steps }: Scaled, n: number, upstream: Float64Array): Float64Array {
  const after = Float64Array.from(matrix);
  const grad = Float64Array.from(upstream);
  for (const { columns, rows } of steps.toReversed()) {
    const ofColumns = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let mean = 0;
      if (rows[i]! > least) for (let j = 0; j < n; j++) mean += grad[i * n + j]! * after[i * n + j]!;
      const sum = Math.max(rows[i]!, least);
      for (let j = 0; j < n; j++) {
        grad[i * n + j] = (grad[i * n + j]! - mean) / sum;
        after[i * n + j]! *= sum;
        ofColumns[j]! += grad[i * n + j]! * after[i * n + j]!;
      }
    }
    const sums = columns.map((sum) => Math.max(sum, least));
    const means = ofColumns.map((mean, j) => (columns[j]! > least ? mean : 0));
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        grad[i * n + j] = (grad[i * n + j]! - means[j]!) / sums[j]!;
        after[i * n + j]! *= sums[j]!;
      }
    }
  }
  return grad;
}

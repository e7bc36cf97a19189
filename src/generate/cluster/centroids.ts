/** Means that rows are assigned to. Double precision: they are sums of many. */
export interface Centroids {
  readonly count: number;
  readonly dimensions: number;
  /** Row by row. */
  readonly data: Float64Array;
}

/**
 * The nearest centroid of each row, and its squared distance: |x|² − 2 x·c + |c|², four centroids at a time, which V8
 * keeps in registers. The first of several at one distance counts. O(rows × centroids × dimensions).
 * @param rows row by row
 * @param into where clusters and distances are written, from `offset` on
 */
export function assignRows(
  rows: Float32Array,
  { data, count, dimensions }: Centroids,
  into: { readonly clusters: Uint32Array; readonly distances: Float32Array; readonly offset: number },
): void {
  const norms = Float64Array.from({ length: count }, (_, c) => squaredNorm(data, c * dimensions, dimensions));
  const row = new Float64Array(dimensions);
  for (let start = 0, n = into.offset; start < rows.length; start += dimensions, n++) {
    // Converted once a row rather than once a product.
    for (let i = 0; i < dimensions; i++) row[i] = rows[start + i]!;
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    let c = 0;
    for (; c + 3 < count; c += 4) {
      const [at0, at1, at2, at3] = [
        c * dimensions,
        (c + 1) * dimensions,
        (c + 2) * dimensions,
        (c + 3) * dimensions,
      ];
      let [p0, p1, p2, p3] = [0, 0, 0, 0];
      for (let i = 0; i < dimensions; i++) {
        const x = row[i]!;
        p0 += x * data[at0 + i]!;
        p1 += x * data[at1 + i]!;
        p2 += x * data[at2 + i]!;
        p3 += x * data[at3 + i]!;
      }
      const [d0, d1, d2, d3] = [
        norms[c]! - 2 * p0,
        norms[c + 1]! - 2 * p1,
        norms[c + 2]! - 2 * p2,
        norms[c + 3]! - 2 * p3,
      ];
      if (d0 < least) [least, best] = [d0, c];
      if (d1 < least) [least, best] = [d1, c + 1];
      if (d2 < least) [least, best] = [d2, c + 2];
      if (d3 < least) [least, best] = [d3, c + 3];
    }
    for (; c < count; c++) {
      let product = 0;
      for (let i = 0, at = c * dimensions; i < dimensions; i++) product += row[i]! * data[at + i]!;
      const distance = norms[c]! - 2 * product;
      if (distance < least) [least, best] = [distance, c];
    }
    into.clusters[n] = best;
    // Rounding may leave a row that is its own mean a hair below zero.
    into.distances[n] = Math.max(0, least + squaredNorm(row, 0, dimensions));
  }
}

export function squaredNorm(data: ArrayLike<number>, start: number, dimensions: number): number {
  let sum = 0;
  for (let i = start; i < start + dimensions; i++) sum += data[i]! * data[i]!;
  return sum;
}

/** Squared distance of two rows. */
export function squaredDistance(
  a: ArrayLike<number>,
  aStart: number,
  b: ArrayLike<number>,
  bStart: number,
  dimensions: number,
): number {
  let sum = 0;
  for (let i = 0; i < dimensions; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    sum += difference * difference;
  }
  return sum;
}

import { RankforgeError } from '../../core/errors.js';

/** Vectors of one length, read by row: in memory, or on disk so that memory stays flat. */
export interface VectorSource {
  /** Rows. */
  readonly size: number;
  readonly dimensions: number;
  /** Rows `start` to `start + count - 1`, one after another. Not to be written to, and valid until the next read. */
  read(start: number, count: number): Float32Array | Promise<Float32Array>;
}

/**
 * Vectors that lie in memory, row by row.
 * @throws RankforgeError `usage` for a length that is no whole number of rows, or a value that is not finite
 */
export function memoryVectors(data: Float32Array, dimensions: number): VectorSource {
  if (!Number.isInteger(dimensions) || dimensions < 1 || data.length % dimensions !== 0) {
    throw new RankforgeError('usage', `${data.length} numbers are no rows of ${dimensions} each`, {
      hint: 'Give the vectors row by row, all of the same length, 1 or more.',
    });
  }
  checkFinite(data, dimensions, 0);
  return {
    size: data.length / dimensions,
    dimensions,
    read: (start, count) => data.subarray(start * dimensions, (start + count) * dimensions),
  };
}

/** Vectors in memory, from one array a row. @throws RankforgeError `usage` as `memoryVectors` does, and for rows of several lengths */
export function vectorsOf(rows: readonly Float32Array[], dimensions = rows[0]?.length ?? 1): VectorSource {
  const data = new Float32Array(rows.length * dimensions);
  for (const [row, vector] of rows.entries()) {
    checkLength(vector, dimensions, row);
    data.set(vector, row * dimensions);
  }
  return memoryVectors(data, dimensions);
}

/** @throws RankforgeError `usage` naming the row */
export function checkLength(vector: Float32Array, dimensions: number, row: number): void {
  if (vector.length === dimensions) return;
  throw new RankforgeError('usage', `Vector ${row} has ${vector.length} numbers, and others ${dimensions}`, {
    where: `vector ${row}`,
    hint: 'Embed all texts with one encoder.',
  });
}

/** @throws RankforgeError `usage` naming the row: one NaN would spread to every mean that it takes part in */
export function checkFinite(data: Float32Array, dimensions: number, firstRow: number): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i]!)) continue;
    const row = firstRow + Math.floor(i / dimensions);
    throw new RankforgeError('usage', `Vector ${row} has a value that is no finite number: ${data[i]}`, {
      where: `vector ${row}`,
      hint: 'Embed that text again, or leave it out.',
    });
  }
}

/** Some rows, in the order asked, in one array of their own. */
export async function readRows(source: VectorSource, rows: ArrayLike<number>): Promise<Float32Array> {
  const { dimensions } = source;
  const out = new Float32Array(rows.length * dimensions);
  for (let i = 0; i < rows.length; i++) out.set(await source.read(rows[i]!, 1), i * dimensions);
  return out;
}

/** Makes each row a unit vector, in place; a row of zeros stays one. */
export function normaliseRows(data: Float32Array, dimensions: number): Float32Array {
  for (let start = 0; start < data.length; start += dimensions) {
    let sum = 0;
    for (let i = start; i < start + dimensions; i++) sum += data[i]! ** 2;
    const norm = Math.sqrt(sum);
    if (norm === 0) continue;
    for (let i = start; i < start + dimensions; i++) data[i] = data[i]! / norm;
  }
  return data;
}

/** Each row's product with one vector: cosines, where all are unit vectors. */
export function productsWith(rows: Float32Array, vector: Float32Array): Float64Array {
  const dimensions = vector.length;
  const products = new Float64Array(rows.length / dimensions);
  for (let row = 0; row < products.length; row++) {
    let product = 0;
    for (let i = 0, at = row * dimensions; i < dimensions; i++) product += rows[at + i]! * vector[i]!;
    products[row] = product;
  }
  return products;
}

import { setImmediate } from 'node:timers/promises';
import { randomStream } from '../../core/random.js';
import { squaredDistance } from '../cluster/centroids.js';
import { readRows, type VectorSource } from '../cluster/vector-source.js';
import type { SelectionOptions } from './selection.js';

/**
 * k-centre by greedy farthest-first traversal: from a first row drawn by the seed, each next one is the row farthest from
 * those chosen; the first of several counts. The greatest distance of any row from its nearest chosen one is at most
 * twice the least that any choice of so many rows has.
 * O(count × rows × dimensions), memory of 9 bytes a row besides the vectors.
 * @returns rows in the order chosen; every beginning has the same guarantee for its own length
 * @see Gonzalez 1985, doi:10.1016/0304-3975(85)90224-5; Sener & Savarese 2018, arXiv:1708.00489
 */
export async function pickKCentre(
  vectors: VectorSource,
  { count, seed, signal, onProgress }: SelectionOptions,
): Promise<number[]> {
  const { size, dimensions } = vectors;
  const wanted = Math.min(count, size);
  if (wanted === 0) return [];
  const picked = [randomStream(seed, 'k-centre').int(size)];
  const nearest = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
  const taken = new Uint8Array(size);
  const rowsPerRead = 1024;
  for (;;) {
    const last = picked.at(-1)!;
    taken[last] = 1;
    if (picked.length === wanted) return picked;
    const centre = await readRows(vectors, [last]);
    let farthest = -1;
    for (let start = 0; start < size; start += rowsPerRead) {
      const rows = await vectors.read(start, Math.min(rowsPerRead, size - start));
      for (let at = 0, row = start; at < rows.length; at += dimensions, row++) {
        const distance = squaredDistance(rows, at, centre, 0, dimensions);
        if (distance < nearest[row]!) nearest[row] = distance;
        if (!taken[row] && (farthest < 0 || nearest[row]! > nearest[farthest]!)) farthest = row;
      }
    }
    picked.push(farthest);
    if (picked.length % 16 === 0) {
      await setImmediate();
      signal?.throwIfAborted();
      onProgress?.({ stage: 'k-centre', done: picked.length, total: wanted });
    }
  }
}

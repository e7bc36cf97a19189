import { setImmediate } from 'node:timers/promises';
import type { JobOptions } from '../../core/progress.js';
import { checkRange } from './check-range.js';

/** Between two looks at the signal: some 50 ms of work. */
const productsPerTurn = 5e7;

export interface MmrOptions extends JobOptions {
  readonly count: number;
  /** 1: relevance alone; 0: only unlikeness to what was picked. */
  readonly lambda: number;
}

/**
 * Maximal marginal relevance: picks one row after another, each with the greatest
 * λ · relevance − (1 − λ) · (greatest cosine with one picked before, 0 where there is none).
 * The first of several equal ones counts. O(count × rows × dimensions).
 * @param rows unit vectors, row by row
 * @param relevance of each row, on the scale of cosines
 * @returns indexes in the order picked: min(count, rows), each once
 * @throws RankforgeError `usage` for a λ outside 0 to 1
 * @see Carbonell & Goldstein 1998, "The Use of MMR", SIGIR, doi:10.1145/290941.291025
 */
export async function pickByMmr(
  rows: Float32Array,
  dimensions: number,
  relevance: ArrayLike<number>,
  { count, lambda, signal, onProgress }: MmrOptions,
): Promise<number[]> {
  checkRange('lambda', lambda, (value) => value >= 0 && value <= 1, 'from 0 to 1');
  const size = rows.length / dimensions;
  // −2 is below any cosine: nothing is picked yet.
  const nearest = new Float64Array(size).fill(-2);
  const taken = new Uint8Array(size);
  const picked: number[] = [];
  let products = 0;
  while (picked.length < Math.min(count, size)) {
    let best = -1;
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < size; i++) {
      if (taken[i]) continue;
      const value = lambda * relevance[i]! - (1 - lambda) * (nearest[i]! < -1.5 ? 0 : nearest[i]!);
      if (value > most) [most, best] = [value, i];
    }
    picked.push(best);
    taken[best] = 1;
    const at = best * dimensions;
    products += rows.length;
    if (products > productsPerTurn) {
      products = 0;
      onProgress?.({ stage: 'mmr', done: picked.length, total: Math.min(count, size) });
      await setImmediate();
      signal?.throwIfAborted();
    }
    for (let i = 0; i < size; i++) {
      if (taken[i]) continue;
      let product = 0;
      for (let j = 0, start = i * dimensions; j < dimensions; j++)
        product += rows[start + j]! * rows[at + j]!;
      if (product > nearest[i]!) nearest[i] = product;
    }
  }
  return picked;
}

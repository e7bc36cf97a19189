import type { FeatureMatrix } from '../features/feature-set.js';

/**
 * Tells a query of a feature file by what its rows are, in any order, and not by its id, which another file may give to another
 * query: 64 bits as hexadecimal digits.
 * @param matrix as `featureMatrices` makes it
 * @returns undefined for rows that are all alike, which many queries may have
 */
export function queryPrint({
  rows,
  data,
  names,
}: Pick<FeatureMatrix, 'rows' | 'data' | 'names'>): string | undefined {
  const floats = data instanceof Float32Array ? data : Float32Array.from(data);
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const width = names.length;
  let [low, high] = [0, 0];
  let alike = true;
  let [firstA, firstB] = [0, 0];
  for (let row = 0; row < rows; row++) {
    let [a, b] = [0x9e3779b9, 0x85ebca6b];
    for (let i = row * width; i < (row + 1) * width; i++) {
      a = Math.imul(a ^ bits[i]!, 0xcc9e2d51);
      a = (a << 15) | (a >>> 17);
      b = Math.imul((b ^ bits[i]!) + i - row * width, 0x1b873593);
      b ^= b >>> 13;
    }
    if (row === 0) [firstA, firstB] = [a, b];
    alike &&= a === firstA && b === firstB;
    // Sums do not know the order of the rows.
    low = (low + mix(a)) >>> 0;
    high = (high + mix(b)) >>> 0;
  }
  return alike ? undefined : hex(mix(low ^ rows)) + hex(mix(high ^ rows));
}

/** The last step of MurmurHash3, which spreads every bit (Appleby, public domain). */
function mix(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const hex = (value: number): string => value.toString(16).padStart(8, '0');

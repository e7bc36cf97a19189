import { randomStream } from '../core/random.js';
import { mean } from '../core/vectors.js';

export interface RandomisationOptions {
  readonly seed: number;
  /** Random sign patterns, where there are too many to try all. @default 100000 */
  readonly samples?: number;
}

export interface RandomisationResult {
  /** mean(a) − mean(b). */
  readonly difference: number;
  /** Two-sided: how often chance alone gives a difference at least as large, (0, 1]. */
  readonly p: number;
  /** Whether every sign pattern was tried. */
  readonly exact: boolean;
  /** Sign patterns tried. */
  readonly samples: number;
}

/** 2^16 patterns take a millisecond or two. */
const exactUpTo = 16;

/**
 * Fisher's paired randomisation test of two systems on the same queries: under the null hypothesis each query's
 * difference may as well have the other sign. Every pattern is tried for up to 16 queries that differ, else `samples`
 * random ones with p = (hits + 1) / (samples + 1), so p is never 0. Queries with equal values change nothing.
 * @param a one value a query  @param b the same queries in the same order
 * @throws {RangeError} when the lengths differ
 * @see Smucker, Allan & Carterette 2007, doi:10.1145/1321440.1321528
 */
export function pairedRandomisationTest(
  a: readonly number[],
  b: readonly number[],
  { seed, samples = 100_000 }: RandomisationOptions,
): RandomisationResult {
  if (a.length !== b.length)
    throw new RangeError(`There are ${a.length} values and ${b.length}: the test is paired`);
  const all = a.map((value, index) => value - b[index]!);
  const differences = all.filter((value) => value !== 0);
  const difference = a.length === 0 ? 0 : mean(all);
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  // Sums in another order differ in their last bits, and a tie has to count as a hit.
  const threshold = observed - 1e-9 * differences.reduce((sum, value) => sum + Math.abs(value), 0);
  if (differences.length === 0) return { difference: 0, p: 1, exact: true, samples: 1 };
  if (differences.length <= exactUpTo) {
    const patterns = 2 ** differences.length;
    return {
      difference,
      p: countAllPatterns(differences, threshold) / patterns,
      exact: true,
      samples: patterns,
    };
  }
  const hits = countRandomPatterns(differences, threshold, samples, seed);
  return { difference, p: (hits + 1) / (samples + 1), exact: false, samples };
}

/** Gray code order: each pattern differs from the one before in one sign. */
function countAllPatterns(differences: readonly number[], threshold: number): number {
  const signs = differences.map(() => 1);
  let sum = differences.reduce((total, value) => total + value, 0);
  let hits = Math.abs(sum) >= threshold ? 1 : 0;
  for (let pattern = 1; pattern < 2 ** differences.length; pattern++) {
    const flip = Math.log2(pattern & -pattern);
    signs[flip]! *= -1;
    sum += 2 * signs[flip]! * differences[flip]!;
    if (Math.abs(sum) >= threshold) hits++;
  }
  return hits;
}

function countRandomPatterns(
  differences: readonly number[],
  threshold: number,
  samples: number,
  seed: number,
): number {
  const random = randomStream(seed, 'paired-randomisation');
  const bitsPerDraw = 30;
  let hits = 0;
  for (let sample = 0; sample < samples; sample++) {
    let sum = 0;
    let bits = 0;
    for (let i = 0; i < differences.length; i++) {
      bits = i % bitsPerDraw === 0 ? random.int(2 ** bitsPerDraw) : bits >>> 1;
      sum += bits & 1 ? differences[i]! : -differences[i]!;
    }
    if (Math.abs(sum) >= threshold) hits++;
  }
  return hits;
}

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { sha256 } from './hash.js';

/** A seeded stream of random numbers. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, n). */
  int(n: number): number;
  /** Standard normal. */
  normal(): number;
}

/**
 * The stream named by (seed, names…), for instance `randomStream(7, 'queries', passage.id)`:
 * each item draws from its own stream, so order and concurrency change nothing.
 */
export function randomStream(seed: number, ...names: readonly (string | number)[]): Random {
  const generator = xoroshiro128plus(
    Number.parseInt(sha256(JSON.stringify([seed, ...names])).slice(0, 8), 16) | 0,
  );
  const next = () => uniformFloat64(generator);
  return {
    next,
    int: (n) => uniformInt(generator, 0, n - 1),
    // Box-Muller; 1 - u keeps the logarithm finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  };
}

/** A shuffled copy (Fisher-Yates). */
export function shuffle<T>(items: readonly T[], random: Random): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}

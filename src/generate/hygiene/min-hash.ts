import { randomStream } from '../../core/random.js';
import { words } from '../words.js';

export interface MinHashOptions {
  /** Hash functions: the standard error of an estimate is about 1 / (2 √n). @default 64 */
  readonly hashes?: number;
  /** Words a shingle. A text with fewer words is one shingle. @default 3 */
  readonly shingle?: number;
  /** @default 0 */
  readonly seed?: number;
}

/** A text's MinHash signature, one 32-bit number a hash function; undefined where it has no words. */
export type Signer = (text: string) => Uint32Array | undefined;

/**
 * MinHash over word shingles: the share of equal places in two signatures estimates the Jaccard overlap of their shingles.
 * @see Broder 1997, "On the resemblance and containment of documents"
 */
export function createSigner({ hashes = 64, shingle = 3, seed = 0 }: MinHashOptions = {}): Signer {
  const random = randomStream(seed, 'min-hash');
  const salts = Uint32Array.from({ length: hashes }, () => random.int(0x1_0000_0000));
  return (text) => {
    const found = words(text);
    if (found.length === 0) return undefined;
    const signature = new Uint32Array(hashes).fill(0xffff_ffff);
    const last = Math.max(0, found.length - shingle);
    for (let start = 0; start <= last; start++) {
      const base = hashWords(found, start, Math.min(found.length, start + shingle));
      for (let i = 0; i < hashes; i++) {
        const value = mix(base ^ salts[i]!);
        if (value < signature[i]!) signature[i] = value;
      }
    }
    return signature;
  };
}

/** The estimated Jaccard overlap of two signed texts, 0 to 1. */
export function resemblance(a: Uint32Array, b: Uint32Array): number {
  let equal = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) equal += 1;
  return a.length === 0 ? 0 : equal / a.length;
}

// FNV-1a over UTF-16 units, a separator after each word.
function hashWords(found: readonly string[], start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) {
    const word = found[i]!;
    for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ 0x20, 0x01000193);
  }
  return hash >>> 0;
}

// The finaliser of MurmurHash3: every input bit moves every output bit.
export function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

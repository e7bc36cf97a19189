import { randomStream } from '../../core/random.js';
import { wordPieces } from './word-pieces.js';

export interface MinHashOptions {
  /** Hash functions: the standard error of an estimate is at most 1 / (2 √n). @default 128 */
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
 * Time is linear in the text, memory fixed.
 * @see Broder 1997, "On the resemblance and containment of documents"
 */
export function createSigner(options: MinHashOptions = {}): Signer {
  const signature = createSignatureBuilder(options);
  return (text) => {
    for (const piece of wordPieces(text)) signature.add(piece);
    return signature.finish();
  };
}

/** Builds one signature after another, from words that come in parts. */
export interface SignatureBuilder {
  add(words: readonly string[]): void;
  /** The signature of all words since the last one, undefined where there were none. */
  finish(): Uint32Array | undefined;
}

export function createSignatureBuilder({
  hashes = 128,
  shingle = 3,
  seed = 0,
}: MinHashOptions = {}): SignatureBuilder {
  const random = randomStream(seed, 'min-hash');
  const salts = Int32Array.from({ length: hashes }, () => random.int(0x1_0000_0000) | 0);
  const unset = 0x7fff_ffff;
  const minima = new Int32Array(hashes).fill(unset);
  /** Hashes of the last words, as many as a shingle has, in a ring. */
  const ring = new Uint32Array(shingle);
  let count = 0;

  const addShingle = (length: number): void => {
    let base = length;
    for (let i = count - length; i < count; i++) base = mix(base ^ ring[i % shingle]!);
    lower(minima, salts, base);
  };

  return {
    add(words) {
      for (const word of words) {
        ring[count % shingle] = hashWord(word);
        count += 1;
        if (count >= shingle) addShingle(shingle);
      }
    },
    finish() {
      if (count === 0) return undefined;
      if (count < shingle) addShingle(count);
      const signature = new Uint32Array(minima);
      minima.fill(unset);
      count = 0;
      return signature;
    },
  };
}

/** The loop that all the time goes into: `mix` written out, on signed numbers, which stay in registers. */
function lower(minima: Int32Array, salts: Int32Array, base: number): void {
  for (let i = 0; i < minima.length; i++) {
    let x = base ^ salts[i]!;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x ^= x >>> 16;
    if (x < minima[i]!) minima[i] = x;
  }
}

/** The estimated Jaccard overlap of two signed texts, 0 to 1. */
export function resemblance(a: Uint32Array, b: Uint32Array): number {
  let equal = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) equal += 1;
  return a.length === 0 ? 0 : equal / a.length;
}

/** FNV-1a over UTF-16 units, well mixed. */
export function hashWord(word: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  return mix(hash ^ word.length);
}

/** The finaliser of MurmurHash3: every input bit moves every output bit. */
export function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

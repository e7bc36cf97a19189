import { createHash } from 'node:crypto';
import { normaliseText } from '../words.js';
import { KeyTable } from './key-table.js';
import { createSignatureBuilder, type MinHashOptions } from './min-hash.js';
import { bandRows, SketchIndex, sketchOf } from './sketch-index.js';
import { wordPieces } from './word-pieces.js';

export interface NearDuplicateOptions extends Omit<MinHashOptions, 'hashes'> {
  /** Least estimated Jaccard overlap of word shingles that counts as the same text, 0 to 1. @default 0.8 */
  readonly threshold?: number;
}

export interface DuplicateMatch {
  readonly reason: 'exact-duplicate' | 'near-duplicate';
  /** The earlier text it repeats. */
  readonly id: string;
  /** Estimated, 0 to 1. */
  readonly resemblance: number;
}

/** Texts seen so far. About 300 bytes and an id a text, whatever its length. */
export interface DuplicateIndex {
  readonly size: number;
  /** The earlier text that this one repeats, or undefined. */
  find(text: string): DuplicateMatch | undefined;
  /** `find`, and remembers the text where it repeats none. */
  add(id: string, text: string): DuplicateMatch | undefined;
}

const hashes = 128;
// 16 bands of 4 rows: two texts that overlap by .8 meet in a band with probability .9998, by .5 with .64 (and are then
// told apart by their whole sketches).
const bands = 16;

/**
 * Finds exact duplicates (normalised) and near-duplicates (MinHash with locality-sensitive hashing) in one pass. Exact ones
 * are told by 64 bits of a SHA-256: two of a million unlike texts are taken for one with probability 3e-8.
 */
export function createDuplicateIndex({
  threshold = 0.8,
  ...options
}: NearDuplicateOptions = {}): DuplicateIndex {
  const signature = createSignatureBuilder({ ...options, hashes });
  const exact = new KeyTable();
  const sketches = new SketchIndex({ words: hashes / bandRows, bands });
  const ids: string[] = [];
  /** By sketch, the text's number: a text without words has no sketch. */
  const numbers: number[] = [];

  const fingerprint = (text: string) => {
    const hash = createHash('sha256');
    let separator = '';
    for (const piece of wordPieces(text)) {
      hash.update(separator + piece.join(' '));
      separator = ' ';
      signature.add(piece);
    }
    const minima = signature.finish();
    // Emoji alone: compared as they are.
    if (!minima) hash.update(normaliseText(text));
    const digest = hash.digest();
    const sketch = minima && sketchOf(minima);
    return { high: digest.readUInt32LE(0), low: digest.readUInt32LE(4), sketch };
  };

  const match = ({ high, low, sketch }: ReturnType<typeof fingerprint>): DuplicateMatch | undefined => {
    const same = exact.get(high, low);
    if (same !== undefined) return { reason: 'exact-duplicate', id: ids[same]!, resemblance: 1 };
    let best: DuplicateMatch | undefined;
    if (sketch) {
      sketches.forEachNear(sketch, threshold, (entry, resemblance) => {
        if (resemblance <= (best?.resemblance ?? 0)) return;
        best = { reason: 'near-duplicate', id: ids[numbers[entry]!]!, resemblance };
      });
    }
    return best;
  };

  return {
    get size() {
      return ids.length;
    },
    find: (text) => match(fingerprint(text)),
    add(id, text) {
      const print = fingerprint(text);
      const repeated = match(print);
      if (repeated) return repeated;
      const number = ids.push(id) - 1;
      exact.add(print.high, print.low, number);
      if (print.sketch) {
        sketches.add(print.sketch);
        numbers.push(number);
      }
      return undefined;
    },
  };
}

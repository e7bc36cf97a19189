import { createHash } from 'node:crypto';
import { normaliseText } from '../words.js';
import { createSigner, type MinHashOptions, mix, resemblance } from './min-hash.js';

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

/** Texts seen so far. About 1 KiB a text, whatever its length. */
export interface DuplicateIndex {
  readonly size: number;
  /** The earlier text that this one repeats, or undefined. */
  find(text: string): DuplicateMatch | undefined;
  /** `find`, and remembers the text where it repeats none. */
  add(id: string, text: string): DuplicateMatch | undefined;
}

// 16 bands of 4 rows: two texts that overlap by .8 meet in a band with probability .9998, by .5 with .64 (and are then told apart by their signatures).
const bands = 16;
const rows = 4;
/** Texts remembered under one band value: boilerplate shared by a million texts must not make a chain of a million. */
const chain = 8;

/** Finds exact duplicates (normalised) and near-duplicates (MinHash with locality-sensitive hashing) in one pass. */
export function createDuplicateIndex({
  threshold = 0.8,
  ...options
}: NearDuplicateOptions = {}): DuplicateIndex {
  const sign = createSigner({ ...options, hashes: bands * rows });
  const exact = new Map<string, string>();
  const ids: string[] = [];
  const tables = Array.from({ length: bands }, () => new BandTable());
  let signatures = new Uint32Array(bands * rows * 64);

  const signatureOf = (entry: number) =>
    signatures.subarray(entry * bands * rows, (entry + 1) * bands * rows);

  function findNear(signature: Uint32Array): DuplicateMatch | undefined {
    let best: DuplicateMatch | undefined;
    const seen = new Set<number>();
    for (let band = 0; band < bands; band++) {
      for (const entry of tables[band]!.at(bandKey(signature, band))) {
        if (seen.has(entry)) continue;
        seen.add(entry);
        const overlap = resemblance(signature, signatureOf(entry));
        if (overlap >= threshold && overlap > (best?.resemblance ?? 0)) {
          best = { reason: 'near-duplicate', id: ids[entry]!, resemblance: overlap };
        }
      }
    }
    return best;
  }

  function look(text: string) {
    const hash = createHash('sha256').update(normaliseText(text)).digest('base64').slice(0, 22);
    const same = exact.get(hash);
    if (same !== undefined) {
      return {
        hash,
        match: { reason: 'exact-duplicate', id: same, resemblance: 1 } satisfies DuplicateMatch,
      };
    }
    const signature = sign(text);
    return { hash, signature, match: signature && findNear(signature) };
  }

  return {
    get size() {
      return exact.size;
    },
    find: (text) => look(text).match,
    add(id, text) {
      const { hash, signature, match } = look(text);
      if (match) return match;
      exact.set(hash, id);
      if (!signature) return undefined;
      const entry = ids.push(id) - 1;
      if ((entry + 1) * bands * rows > signatures.length) {
        const grown = new Uint32Array(signatures.length * 2);
        grown.set(signatures);
        signatures = grown;
      }
      signatures.set(signature, entry * bands * rows);
      for (let band = 0; band < bands; band++) tables[band]!.add(bandKey(signature, band), entry);
      return undefined;
    },
  };
}

function bandKey(signature: Uint32Array, band: number): number {
  let key = band + 1;
  for (let row = 0; row < rows; row++) key = mix(key ^ signature[band * rows + row]!);
  return key;
}

/** From a band's value to the entries that have it: open addressing in two typed arrays, 16 to 32 bytes an entry. */
class BandTable {
  #keys = new Uint32Array(16);
  /** Entry + 1; 0 is free. */
  #entries = new Uint32Array(16);
  #used = 0;

  *at(key: number): Generator<number> {
    const mask = this.#entries.length - 1;
    for (let slot = key & mask; this.#entries[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#keys[slot] === key) yield this.#entries[slot]! - 1;
    }
  }

  add(key: number, entry: number): void {
    if ((this.#used + 1) * 2 > this.#entries.length) this.#grow();
    let equal = 0;
    const mask = this.#entries.length - 1;
    let slot = key & mask;
    for (; this.#entries[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#keys[slot] === key && ++equal >= chain) return;
    }
    this.#keys[slot] = key;
    this.#entries[slot] = entry + 1;
    this.#used += 1;
  }

  #grow(): void {
    const [keys, entries] = [this.#keys, this.#entries];
    this.#keys = new Uint32Array(keys.length * 2);
    this.#entries = new Uint32Array(keys.length * 2);
    const mask = this.#entries.length - 1;
    for (let i = 0; i < entries.length; i++) {
      if (entries[i] === 0) continue;
      let slot = keys[i]! & mask;
      while (this.#entries[slot] !== 0) slot = (slot + 1) & mask;
      this.#keys[slot] = keys[i]!;
      this.#entries[slot] = entries[i]!;
    }
  }
}

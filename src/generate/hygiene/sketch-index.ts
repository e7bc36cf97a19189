import { mix } from './min-hash.js';

/** Rows of a band: four 8-bit places of a sketch are one of its 32-bit words, so that the word itself is the band's key. */
export const bandRows = 4;
/** Two unlike minima agree in their last 8 bits so often. */
const chance = 1 / 256;

/**
 * The last 8 bits of each place of a MinHash signature, four to a word: a quarter of its memory at hardly more error.
 * @see Li & König 2010, "b-bit minwise hashing", arXiv:0910.3349
 */
export function sketchOf(signature: Uint32Array): Uint32Array {
  const sketch = new Uint32Array(signature.length / bandRows);
  for (let i = 0; i < signature.length; i++) {
    sketch[i >>> 2]! |= (signature[i]! & 0xff) << ((i & 3) * 8);
  }
  return sketch;
}

export interface SketchIndexShape {
  /** 32-bit words a sketch. */
  readonly words: number;
  /** Words that are looked up by; the others only refine the estimate. At most `words`. */
  readonly bands: number;
  /** Sketches remembered under one band value: boilerplate shared by a million texts must not make a chain of a million. @default 8 */
  readonly chain?: number;
}

const blockBits = 10;
const blockSize = 1 << blockBits;

/**
 * Sketches with locality-sensitive hashing: a sketch is compared only with those that equal it in a whole band. Memory
 * is 4 · words bytes a sketch, and 5 to 11 bytes a band of it.
 */
export class SketchIndex {
  readonly #words: number;
  readonly #chain: number;
  readonly #blocks: Uint32Array[] = [];
  readonly #tables: EntryTable[];
  #size = 0;

  constructor({ words, bands, chain = 8 }: SketchIndexShape) {
    this.#words = words;
    this.#chain = chain;
    this.#tables = Array.from(
      { length: bands },
      (_, band) => new EntryTable((entry) => this.#word(entry, band)),
    );
  }

  get size(): number {
    return this.#size;
  }

  /** @returns its number, from 0 */
  add(sketch: Uint32Array): number {
    const entry = this.#size++;
    if (entry % blockSize === 0) this.#blocks.push(new Uint32Array(blockSize * this.#words));
    this.#blocks.at(-1)!.set(sketch, (entry % blockSize) * this.#words);
    for (let band = 0; band < this.#tables.length; band++) {
      this.#tables[band]!.add(sketch[band]!, entry, this.#chain);
    }
    return entry;
  }

  /** Every sketch found that has an estimated overlap of `threshold` or more, once each. */
  forEachNear(sketch: Uint32Array, threshold: number, visit: (entry: number, overlap: number) => void): void {
    const seen = new Set<number>();
    const look = (entry: number): void => {
      if (seen.has(entry)) return;
      seen.add(entry);
      const overlap = this.#overlap(sketch, entry);
      if (overlap >= threshold) visit(entry, overlap);
    };
    for (let band = 0; band < this.#tables.length; band++) this.#tables[band]!.forEach(sketch[band]!, look);
  }

  #word(entry: number, at: number): number {
    return this.#blocks[entry >>> blockBits]![(entry & (blockSize - 1)) * this.#words + at]!;
  }

  #overlap(sketch: Uint32Array, entry: number): number {
    const block = this.#blocks[entry >>> blockBits]!;
    const start = (entry & (blockSize - 1)) * this.#words;
    let equal = 0;
    for (let i = 0; i < this.#words; i++) {
      const difference = sketch[i]! ^ block[start + i]!;
      if ((difference & 0xff) === 0) equal += 1;
      if ((difference & 0xff00) === 0) equal += 1;
      if ((difference & 0xff0000) === 0) equal += 1;
      if ((difference & 0xff000000) === 0) equal += 1;
    }
    const share = equal / (this.#words * bandRows);
    return Math.max(0, (share - chance) / (1 - chance));
  }
}

/** From a band's value to the entries that have it: open addressing over entry numbers alone, the value is in the sketch. */
class EntryTable {
  /** Entry + 1; 0 is free. */
  #slots = new Uint32Array(64);
  #used = 0;

  constructor(private readonly keyOf: (entry: number) => number) {}

  forEach(key: number, visit: (entry: number) => void): void {
    const mask = this.#slots.length - 1;
    for (let slot = mix(key) & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]! - 1;
      if (this.keyOf(entry) === key) visit(entry);
    }
  }

  add(key: number, entry: number, chain: number): void {
    if (this.#used >= this.#slots.length * 0.75) this.#grow();
    const mask = this.#slots.length - 1;
    let equal = 0;
    let slot = mix(key) & mask;
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.keyOf(this.#slots[slot]! - 1) === key && ++equal >= chain) return;
    }
    this.#slots[slot] = entry + 1;
    this.#used += 1;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    const mask = this.#slots.length - 1;
    for (const taken of old) {
      if (taken === 0) continue;
      let slot = mix(this.keyOf(taken - 1)) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = taken;
    }
  }
}

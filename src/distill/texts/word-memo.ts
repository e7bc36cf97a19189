const firstSlots = 2 ** 12;
const firstUnits = 2 ** 14;

/**
 * Numbers by word, where the words are parts of texts: what is looked up is never made a string of, which would take longer than all
 * else that reading a text takes. Open addressing with linear probing; forgets everything once it is full.
 */
export class WordMemo {
  readonly #most: number;
  /** Entry + 1 by slot; 0 where there is none. At most half full. */
  #slots = new Int32Array(firstSlots);
  #hashes = new Int32Array(firstSlots / 2);
  #values = new Int32Array(firstSlots / 2);
  /** Where each entry's UTF-16 units begin, and the end of the last. */
  #starts = new Int32Array(firstSlots / 2 + 1);
  #units = new Uint16Array(firstUnits);
  #size = 0;

  /** @param most words that it remembers */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * The number of the word from `from` to `to`.
   * @param make asked for it where the word is new
   */
  get(text: string, from: number, to: number, make: (word: string) => number): number {
    // FNV-1a over UTF-16 units.
    let hash = 0x811c9dc5 | 0;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const entry = this.#slots[slot]! - 1;
      if (entry < 0) break;
      if (this.#hashes[entry] === hash && this.#is(entry, text, from, to)) return this.#values[entry]!;
      slot = (slot + 1) & mask;
    }
    const value = make(text.slice(from, to));
    this.#add(text, from, to, { hash, value });
    return value;
  }

  #is(entry: number, text: string, from: number, to: number): boolean {
    const start = this.#starts[entry]!;
    if (this.#starts[entry + 1]! - start !== to - from) return false;
    for (let i = from; i < to; i++) if (this.#units[start + i - from] !== text.charCodeAt(i)) return false;
    return true;
  }

  #add(
    text: string,
    from: number,
    to: number,
    { hash, value }: { readonly hash: number; readonly value: number },
  ): void {
    if (this.#size === this.#most) this.#clear();
    if (this.#size === this.#hashes.length) this.#grow();
    const entry = this.#size++;
    const start = this.#starts[entry]!;
    const end = start + to - from;
    if (end > this.#units.length) this.#units = widened(this.#units, Math.max(end, 2 * this.#units.length));
    for (let i = from; i < to; i++) this.#units[start + i - from] = text.charCodeAt(i);
    this.#starts[entry + 1] = end;
    this.#hashes[entry] = hash;
    this.#values[entry] = value;
    this.#place(entry);
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1;
    const hash = this.#hashes[entry]!;
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #grow(): void {
    const entries = 2 * this.#hashes.length;
    this.#hashes = widened(this.#hashes, entries);
    this.#values = widened(this.#values, entries);
    this.#starts = widened(this.#starts, entries + 1);
    this.#slots = new Int32Array(2 * entries);
    for (let entry = 0; entry < this.#size; entry++) this.#place(entry);
  }

  #clear(): void {
    this.#slots.fill(0);
    this.#size = 0;
  }
}

function widened<T extends Int32Array | Uint16Array>(values: T, length: number): T {
  const wider = new (values.constructor as new (length: number) => T)(length);
  wider.set(values);
  return wider;
}

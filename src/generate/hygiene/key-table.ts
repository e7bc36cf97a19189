/**
 * From 64-bit keys, as two 32-bit halves, to whole numbers; a key may have several. Open addressing in typed arrays:
 * 16 to 32 bytes a pair, and nothing for the garbage collector. Keys must be hashes: their low bits are the slot.
 */
export class KeyTable {
  #high = new Uint32Array(64);
  #low = new Uint32Array(64);
  /** Value + 1; 0 is free. */
  #values = new Uint32Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The first value of a key, or undefined. */
  get(high: number, low: number): number | undefined {
    const mask = this.#values.length - 1;
    for (let slot = low & mask; this.#values[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#low[slot] === low && this.#high[slot] === high) return this.#values[slot]! - 1;
    }
    return undefined;
  }

  /** All values of a key, in the order in which they were added. */
  forEach(high: number, low: number, visit: (value: number) => void): void {
    const mask = this.#values.length - 1;
    for (let slot = low & mask; this.#values[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#low[slot] === low && this.#high[slot] === high) visit(this.#values[slot]! - 1);
    }
  }

  /** Adds a pair, unless the key has that value, or has `most` values already. */
  add(high: number, low: number, value: number, most = Number.POSITIVE_INFINITY): void {
    if (this.#size >= this.#values.length * 0.7) this.#grow();
    const mask = this.#values.length - 1;
    let equal = 0;
    let slot = low & mask;
    for (; this.#values[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#low[slot] !== low || this.#high[slot] !== high) continue;
      equal += 1;
      if (equal >= most || this.#values[slot] === value + 1) return;
    }
    this.#put(slot, high, low, value + 1);
    this.#size += 1;
  }

  #put(slot: number, high: number, low: number, value: number): void {
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#values[slot] = value;
  }

  #grow(): void {
    const [high, low, values] = [this.#high, this.#low, this.#values];
    const capacity = values.length * 2;
    this.#high = new Uint32Array(capacity);
    this.#low = new Uint32Array(capacity);
    this.#values = new Uint32Array(capacity);
    const mask = capacity - 1;
    // From the first free slot on, once around: values of one key must keep their order.
    const start = values.indexOf(0) + 1;
    for (let i = 0; i < values.length; i++) {
      const from = (start + i) % values.length;
      if (values[from] === 0) continue;
      let slot = low[from]! & mask;
      while (this.#values[slot] !== 0) slot = (slot + 1) & mask;
      this.#put(slot, high[from]!, low[from]!, values[from]!);
    }
  }
}

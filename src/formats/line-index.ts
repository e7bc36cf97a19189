/** Where each id was first seen. Ids are hashed and not kept: 17 to 34 bytes each, so memory stays small for millions. */
export interface LineIndex {
  /** The line where `id` was added before, or undefined, in which case it is added now. */
  add(id: string, line: number): number | undefined;
  readonly size: number;
}

/** A set of 64-bit hashes with line numbers. Two of 9 million ids collide with probability 2e-6. */
export function createLineIndex(): LineIndex {
  let capacity = 1024;
  let high = new Uint32Array(capacity);
  let low = new Uint32Array(capacity);
  /** 0 marks a free slot: lines count from 1. */
  let lines = new Uint32Array(capacity);
  let size = 0;

  const slotOf = (h: number, l: number): number => {
    let slot = l & (capacity - 1);
    while (lines[slot] !== 0 && (high[slot] !== h || low[slot] !== l)) slot = (slot + 1) & (capacity - 1);
    return slot;
  };

  const grow = (): void => {
    const [oldHigh, oldLow, oldLines] = [high, low, lines];
    capacity *= 2;
    high = new Uint32Array(capacity);
    low = new Uint32Array(capacity);
    lines = new Uint32Array(capacity);
    for (let i = 0; i < oldLines.length; i++) {
      if (oldLines[i] !== 0) set(slotOf(oldHigh[i]!, oldLow[i]!), oldHigh[i]!, oldLow[i]!, oldLines[i]!);
    }
  };

  const set = (slot: number, h: number, l: number, line: number): void => {
    high[slot] = h;
    low[slot] = l;
    lines[slot] = line;
  };

  return {
    get size() {
      return size;
    },
    add(id, line) {
      const [h, l] = hash64(id);
      const slot = slotOf(h, l);
      if (lines[slot] !== 0) return lines[slot];
      set(slot, h, l, line);
      size++;
      if (size > capacity * 0.7) grow();
      return undefined;
    },
  };
}

/** Two 32-bit halves over UTF-16 units (cyrb53's mixing, Bryc 2018, public domain, with both halves kept whole). */
function hash64(text: string): [number, number] {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return [a >>> 0, b >>> 0];
}

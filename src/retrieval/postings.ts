import { type Bm25Settings, inverseDocumentFrequency, termWeight } from './bm25.js';

/** Which passages hold which terms, with each pair's BM25 score worked out ahead (Lù 2024, arXiv:2407.03618). */
export interface Postings {
  /** By term number t, its postings are [offsets[t], offsets[t + 1]); length terms + 1. */
  readonly offsets: Int32Array;
  /** Passage numbers, rising inside a term. */
  readonly passages: Int32Array;
  /** Aligned with `passages`. */
  readonly scores: Float32Array;
}

// Pairs are kept in blocks, so that none is copied as they grow and each is let go once it is turned: 5 bytes a pair.
const blockBits = 18;
const blockSize = 1 << blockBits;
const blockMask = blockSize - 1;
const largestCount = 255;

interface PairBlock {
  readonly terms: Int32Array;
  /** Up to 255; where it says 255, `#manyTimes` may know better. */
  readonly counts: Uint8Array;
}

/**
 * Collects terms passage by passage, then turns the collection by term. A million passages of 60 terms take 300 MB while they
 * are collected and 480 MB as postings.
 */
export class PostingsBuilder {
  readonly terms = new Map<string, number>();
  // Pairs of (term, frequency), passage after passage.
  #blocks: (PairBlock | undefined)[] = [];
  /** By pair: frequencies above 255. */
  readonly #manyTimes = new Map<number, number>();
  #pairs = 0;
  // Terms of each passage, and where its pairs end.
  readonly #lengths: number[] = [];
  readonly #ends: number[] = [];
  // By term: where its pair stands, if that is in the passage being added.
  readonly #slots: number[] = [];
  // By term: its passages.
  readonly #documentFrequency: number[] = [];

  add(terms: readonly string[]): void {
    const start = this.#pairs;
    for (const term of terms) {
      let number = this.terms.get(term);
      if (number === undefined) {
        number = this.terms.size;
        this.terms.set(term, number);
        this.#slots.push(-1);
        this.#documentFrequency.push(0);
      }
      const slot = this.#slots[number]!;
      if (slot >= start) this.#countAgain(slot);
      else this.#addPair(number);
    }
    this.#lengths.push(terms.length);
    this.#ends.push(this.#pairs);
  }

  finish(settings: Bm25Settings): { postings: Postings; meanLength: number } {
    const documents = this.#lengths.length;
    const meanLength = this.#lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, documents);
    const offsets = new Int32Array(this.terms.size + 1);
    const idf = new Float64Array(this.terms.size);
    for (let term = 0; term < this.terms.size; term++) {
      idf[term] = inverseDocumentFrequency(documents, this.#documentFrequency[term]!);
      offsets[term + 1] = offsets[term]! + this.#documentFrequency[term]!;
    }
    const next = offsets.slice();
    const passages = new Int32Array(this.#pairs);
    const scores = new Float32Array(this.#pairs);
    let pair = 0;
    for (let passage = 0; passage < documents; passage++) {
      const length = this.#lengths[passage]!;
      for (const end = this.#ends[passage]!; pair < end; pair++) {
        const at = pair & blockMask;
        if (at === 0 && pair > 0) this.#blocks[(pair >>> blockBits) - 1] = undefined;
        const block = this.#blocks[pair >>> blockBits]!;
        const term = block.terms[at]!;
        const counted = block.counts[at]!;
        const count = counted < largestCount ? counted : (this.#manyTimes.get(pair) ?? counted);
        const place = next[term]!++;
        passages[place] = passage;
        scores[place] = idf[term]! * termWeight(count, length, meanLength, settings);
      }
    }
    this.#blocks = [];
    return { postings: { offsets, passages, scores }, meanLength };
  }

  #addPair(term: number): void {
    const pair = this.#pairs++;
    const at = pair & blockMask;
    if (at === 0) {
      this.#blocks.push({ terms: new Int32Array(blockSize), counts: new Uint8Array(blockSize) });
    }
    const block = this.#blocks[pair >>> blockBits]!;
    block.terms[at] = term;
    block.counts[at] = 1;
    this.#slots[term] = pair;
    this.#documentFrequency[term]! += 1;
  }

  #countAgain(pair: number): void {
    const { counts } = this.#blocks[pair >>> blockBits]!;
    const at = pair & blockMask;
    if (counts[at]! < largestCount) counts[at]! += 1;
    else this.#manyTimes.set(pair, (this.#manyTimes.get(pair) ?? largestCount) + 1);
  }
}

/** The score of a passage under one term, or 0. */
export function postingScore({ offsets, passages, scores }: Postings, term: number, passage: number): number {
  let low = offsets[term]!;
  let high = offsets[term + 1]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passages[middle]! < passage) low = middle + 1;
    else high = middle;
  }
  return low < offsets[term + 1]! && passages[low] === passage ? scores[low]! : 0;
}

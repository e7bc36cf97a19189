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

/** Collects terms passage by passage, then turns the collection by term. */
export class PostingsBuilder {
  readonly terms = new Map<string, number>();
  // Pairs of (term, frequency), passage after passage.
  #pairTerms = new Int32Array(1 << 16);
  #pairCounts = new Int32Array(1 << 16);
  #pairs = 0;
  // Terms of each passage, and where its pairs end.
  readonly #lengths: number[] = [];
  readonly #ends: number[] = [];
  // By term: where its pair stands, if that is in the passage being added.
  readonly #slots: number[] = [];

  add(terms: readonly string[]): void {
    const start = this.#pairs;
    for (const term of terms) {
      let number = this.terms.get(term);
      if (number === undefined) {
        number = this.terms.size;
        this.terms.set(term, number);
        this.#slots.push(-1);
      }
      const slot = this.#slots[number]!;
      if (slot >= start) {
        this.#pairCounts[slot]!++;
        continue;
      }
      if (this.#pairs === this.#pairTerms.length) this.#grow();
      this.#slots[number] = this.#pairs;
      this.#pairTerms[this.#pairs] = number;
      this.#pairCounts[this.#pairs++] = 1;
    }
    this.#lengths.push(terms.length);
    this.#ends.push(this.#pairs);
  }

  finish(settings: Bm25Settings): { postings: Postings; meanLength: number } {
    const documents = this.#lengths.length;
    const meanLength = this.#lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, documents);
    const offsets = new Int32Array(this.terms.size + 1);
    for (let i = 0; i < this.#pairs; i++) offsets[this.#pairTerms[i]! + 1]!++;
    const idf = new Float64Array(this.terms.size);
    for (let term = 0; term < this.terms.size; term++) {
      idf[term] = inverseDocumentFrequency(documents, offsets[term + 1]!);
      offsets[term + 1]! += offsets[term]!;
    }
    const next = offsets.slice();
    const passages = new Int32Array(this.#pairs);
    const scores = new Float32Array(this.#pairs);
    let pair = 0;
    for (let passage = 0; passage < documents; passage++) {
      const length = this.#lengths[passage]!;
      for (const end = this.#ends[passage]!; pair < end; pair++) {
        const term = this.#pairTerms[pair]!;
        const place = next[term]!++;
        passages[place] = passage;
        scores[place] = idf[term]! * termWeight(this.#pairCounts[pair]!, length, meanLength, settings);
      }
    }
    return { postings: { offsets, passages, scores }, meanLength };
  }

  #grow(): void {
    const grown = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const wider = new Int32Array(old.length * 2);
      wider.set(old);
      return wider;
    };
    this.#pairTerms = grown(this.#pairTerms);
    this.#pairCounts = grown(this.#pairCounts);
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

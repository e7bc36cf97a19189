import { sha256 } from '../../core/hash.js';
import type { Analyser } from '../../retrieval/analyser.js';
import type { TermStatistics } from '../../retrieval/bm25.js';

/** Rare terms share a place seldom enough, and k-means stays cheap. */
const dimensions = 256;

/**
 * A text's terms by rarity, hashed into a unit vector, for clusters where there is no encoder.
 * @see Weinberger et al. 2009, "Feature hashing for large scale multitask learning", arXiv:0902.2206 (the signs)
 */
export function createLexicalVectors(
  { documentCount, documentFrequency }: TermStatistics,
  analyser: Analyser,
): (text: string) => Float32Array {
  const places = new Map<string, readonly [place: number, sign: number]>();
  const placeOf = (term: string): readonly [number, number] => {
    let found = places.get(term);
    if (!found) {
      const hash = Number.parseInt(sha256(term).slice(0, 8), 16);
      found = [hash % dimensions, hash & 0x40000000 ? 1 : -1];
      places.set(term, found);
    }
    return found;
  };
  return (text) => {
    const counts = new Map<string, number>();
    for (const term of analyser(text)) counts.set(term, (counts.get(term) ?? 0) + 1);
    const vector = new Float32Array(dimensions);
    for (const [term, count] of counts) {
      const [place, sign] = placeOf(term);
      const rarity = Math.log(1 + documentCount / (1 + (documentFrequency.get(term) ?? 0)));
      vector[place]! += sign * (1 + Math.log(count)) * rarity;
    }
    return toUnit(vector);
  };
}

/** The middle of some vectors, of unit length; zeros where they cancel out. */
export function meanVector(vectors: readonly Float32Array[]): Float32Array {
  const sum = new Float32Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]!;
  return toUnit(sum);
}

function toUnit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((value) => value / length) : vector;
}

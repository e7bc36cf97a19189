import { longestSharedRun } from '../../generate/words.js';
import type { TermStatistics } from '../../retrieval/bm25.js';
import { inverseDocumentFrequency } from '../../retrieval/bm25.js';

/** A query's terms, worked out once for all its passages. */
export interface QueryTerms {
  /** In order, repeats kept. */
  readonly terms: readonly string[];
  /** Idf by distinct term; a term that the collection lacks has the idf of one it holds never. */
  readonly idf: ReadonlyMap<string, number>;
  readonly idfSum: number;
}

export function queryTerms(terms: readonly string[], statistics: TermStatistics): QueryTerms {
  const idf = new Map(
    terms.map((term) => [
      term,
      inverseDocumentFrequency(statistics.documentCount, statistics.documentFrequency.get(term) ?? 0),
    ]),
  );
  return { terms, idf, idfSum: [...idf.values()].reduce((sum, value) => sum + value, 0) };
}

/** Share of the query's idf that some terms cover, 0 to 1. */
export function idfOverlap(query: QueryTerms, terms: ReadonlySet<string>): number {
  if (query.idfSum === 0) return 0;
  let covered = 0;
  for (const [term, idf] of query.idf) if (terms.has(term)) covered += idf;
  return covered / query.idfSum;
}

/** Share of the query's neighbouring pairs that are neighbours in the passage, in order. */
export function bigramShare(query: readonly string[], passage: readonly string[]): number {
  if (query.length < 2) return 0;
  const wanted = new Set(query.slice(1).map((term, i) => `${query[i]} ${term}`));
  const found = new Set<string>();
  const first = new Set(query);
  for (let i = 1; i < passage.length; i++) {
    if (!first.has(passage[i]!) || !first.has(passage[i - 1]!)) continue;
    const pair = `${passage[i - 1]} ${passage[i]}`;
    if (wanted.has(pair)) found.add(pair);
  }
  return found.size / wanted.size;
}

/** Longest run of the query's terms that stands in the passage as it is, as a share of the query. */
export function longestRun(query: readonly string[], passage: readonly string[]): number {
  return query.length === 0 ? 0 : longestSharedRun(passage, query) / query.length;
}

/** Distinct matched terms over the shortest span of the passage that holds them all; 0 with fewer than two. */
export function proximity(query: ReadonlyMap<string, number>, passage: readonly string[]): number {
  const places: number[] = [];
  for (let i = 0; i < passage.length; i++) if (query.has(passage[i]!)) places.push(i);
  const distinct = new Set(places.map((place) => passage[place])).size;
  if (distinct < 2) return 0;
  const counts = new Map<string, number>();
  let shortest = passage.length;
  let left = 0;
  for (const place of places) {
    const term = passage[place]!;
    counts.set(term, (counts.get(term) ?? 0) + 1);
    while (counts.size === distinct) {
      const start = places[left]!;
      shortest = Math.min(shortest, place - start + 1);
      const leaving = passage[start]!;
      const rest = counts.get(leaving)! - 1;
      if (rest === 0) counts.delete(leaving);
      else counts.set(leaving, rest);
      left++;
    }
  }
  return distinct / shortest;
}

/** Unit-length tf-idf vector, (1 + ln tf) idf, by term. */
export function termVector(terms: readonly string[], statistics: TermStatistics): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  let squares = 0;
  for (const [term, count] of counts) {
    const documents = statistics.documentFrequency.get(term) ?? 0;
    const weight = (1 + Math.log(count)) * inverseDocumentFrequency(statistics.documentCount, documents);
    counts.set(term, weight);
    squares += weight * weight;
  }
  const length = Math.sqrt(squares) || 1;
  for (const [term, weight] of counts) counts.set(term, weight / length);
  return counts;
}

/** Cosine of each vector with the mean of the chosen ones. */
export function termFeedback(
  vectors: readonly ReadonlyMap<string, number>[],
  top: readonly number[],
): number[] {
  const centre = new Map<string, number>();
  for (const index of top) {
    for (const [term, weight] of vectors[index]!) centre.set(term, (centre.get(term) ?? 0) + weight);
  }
  const length = Math.sqrt([...centre.values()].reduce((sum, weight) => sum + weight * weight, 0)) || 1;
  return vectors.map((vector) => {
    let sum = 0;
    for (const [term, weight] of vector) sum += weight * (centre.get(term) ?? 0);
    return sum / length;
  });
}

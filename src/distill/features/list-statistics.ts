import type { TermStatistics } from '../../retrieval/bm25.js';
import { inverseDocumentFrequency, statisticsOfTerms } from '../../retrieval/bm25.js';

// A list is what a search found, so nearly all of it holds the query's terms; as many times its length are taken to lie behind
// it and to hold none of them.
const beyondList = 10;

/**
 * Statistics for a list of a collection that is not known: a term's idf is what some other collection says of it times how rare it
 * is in the list, 0 to 1. What is common in the language or on this subject counts little, and no term counts more than in that
 * collection. Lengths are the list's.
 *
 * df' + ½ = (df + ½)^r (N + 1)^(1 − r), r = idf in ten times the list over its greatest: then idf' = r idf.
 * @param known of a collection in the same language
 * @param passages the list, as terms
 * @param query its terms; those that no passage holds keep their idf
 */
export function listStatistics(
  known: TermStatistics,
  passages: readonly (readonly string[])[],
  query: readonly string[],
): TermStatistics {
  const list = statisticsOfTerms(passages);
  const behind = beyondList * list.documentCount;
  const frequencyInList = (term: string): number => list.documentFrequency.get(term) ?? 0;
  const greatest = inverseDocumentFrequency(behind, 0);
  const documentFrequency = new Map<string, number>();
  for (const term of [...list.documentFrequency.keys(), ...query]) {
    const rarity = inverseDocumentFrequency(behind, frequencyInList(term)) / greatest;
    const frequency = (known.documentFrequency.get(term) ?? 0) + 0.5;
    documentFrequency.set(term, frequency ** rarity * (known.documentCount + 1) ** (1 - rarity) - 0.5);
  }
  return { documentCount: known.documentCount, meanLength: list.meanLength, documentFrequency };
}

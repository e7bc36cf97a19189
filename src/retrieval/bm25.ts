import { type Passage, passageText } from '../core/passage.js';

/** How quickly repeated terms stop counting (`k1`, 0 or more), and how much length does (`b`, 0 to 1). */
export interface Bm25Settings {
  /** @default 0.9 */
  readonly k1?: number;
  /** @default 0.4 */
  readonly b?: number;
}

/** Anserini's settings, behind most published BM25 figures. */
export const defaultBm25 = { k1: 0.9, b: 0.4 } as const;

/** What BM25 needs to know of a collection, without its index. */
export interface TermStatistics {
  readonly documentCount: number;
  /** Mean terms of a passage. */
  readonly meanLength: number;
  /** Passages that hold the term, by term. */
  readonly documentFrequency: ReadonlyMap<string, number>;
}

/** ln(1 + (N − df + 0.5) / (df + 0.5)): Lucene's, never negative. */
export const inverseDocumentFrequency = (documentCount: number, documentFrequency: number): number =>
  Math.log(1 + (documentCount - documentFrequency + 0.5) / (documentFrequency + 0.5));

/**
 * tf / (tf + k1 (1 − b + b length / meanLength)): a term's part of a passage's score before its idf, 0 to 1.
 * Lucene's form, without the factor k1 + 1, which changes no order.
 * @see Robertson & Zaragoza 2009, doi:10.1561/1500000019; Kamphuis et al. 2020, doi:10.1007/978-3-030-45442-5_4
 */
export function termWeight(
  frequency: number,
  length: number,
  meanLength: number,
  { k1 = defaultBm25.k1, b = defaultBm25.b }: Bm25Settings = {},
): number {
  return frequency / (frequency + k1 * (1 - b + (b * length) / meanLength));
}

/** Counts the statistics of a collection in one pass over it. */
export function termStatistics(
  passages: Iterable<Pick<Passage, 'title' | 'text'>>,
  analyser: (text: string) => readonly string[],
): TermStatistics {
  return statisticsOfTerms(termsOf(passages, analyser));
}

function* termsOf(
  passages: Iterable<Pick<Passage, 'title' | 'text'>>,
  analyser: (text: string) => readonly string[],
): Generator<readonly string[]> {
  for (const passage of passages) yield analyser(passageText(passage));
}

/** The same of passages that are terms already. */
export function statisticsOfTerms(passages: Iterable<readonly string[]>): TermStatistics {
  const documentFrequency = new Map<string, number>();
  let documentCount = 0;
  let length = 0;
  for (const terms of passages) {
    documentCount++;
    length += terms.length;
    for (const term of new Set(terms)) documentFrequency.set(term, (documentFrequency.get(term) ?? 0) + 1);
  }
  return { documentCount, meanLength: documentCount === 0 ? 0 : length / documentCount, documentFrequency };
}

/**
 * BM25 of one query and one passage, both as terms; a term twice in the query counts twice.
 * Terms that the collection does not have count nothing, as in an index of it.
 * @returns 0 or more; what an index of the collection gives to about 6 digits
 */
export function bm25Pair(
  queryTerms: readonly string[],
  passageTerms: readonly string[],
  statistics: TermStatistics,
  settings: Bm25Settings = {},
): number {
  const frequencies = new Map<string, number>();
  for (const term of passageTerms) frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
  let score = 0;
  for (const term of queryTerms) {
    const frequency = frequencies.get(term);
    const documents = statistics.documentFrequency.get(term);
    if (frequency === undefined || documents === undefined) continue;
    const weight = termWeight(frequency, passageTerms.length, statistics.meanLength, settings);
    score += inverseDocumentFrequency(statistics.documentCount, documents) * weight;
  }
  return score;
}

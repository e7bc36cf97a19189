/**
 * Raised when a feature is added, dropped, reordered or computed otherwise: a student reads only the version it was
 * trained on.
 */
export const featureVersion = 2;

const lexical = [
  /** BM25 from the saved term statistics, title and text as one field. */
  'bm25',
  /** Share of the query's idf that the passage covers, 0 to 1. */
  'idf_overlap',
  /** Share of the query's distinct terms that the passage holds, 0 to 1. */
  'coverage',
  /** As idf_overlap, in the title alone. */
  'title_overlap',
  /** Share of the query's neighbouring pairs of terms that are neighbours in the passage, 0 to 1. */
  'bigram',
  /** Longest run of the query's terms in the passage, as a share of the query, 0 to 1. */
  'longest_run',
  /** Distinct matched terms over the shortest span that holds them all; 0 below two. */
  'proximity',
  /** 1 / (1 + position of the first matched term); 0 without one. */
  'first_match',
  /** Cosine of the tf-idf vector with the mean of those of the best 5 by BM25, or by the first stage where its order is read; 0 to 1. */
  'term_feedback',
  /** ln(1 + terms). */
  'query_length',
  'passage_length',
  /** Mean idf of the query's terms. */
  'clarity',
] as const;

const lexicalInList = [
  'bm25',
  'idf_overlap',
  'bigram',
  'proximity',
  'term_feedback',
  'passage_length',
  /** How early the query's terms first stand, 0 to 1, without the words that ask: half of a term's weight is left at place 10. */
  'early_match',
  /** The same, with half of it left at place 40. */
  'early_cover',
  /** Whether the passage says what the query's subject is ("X is"), 0 to 1. */
  'definition',
  /** Share of the words that speak of reader or writer. */
  'address',
  /** 1 where a number was asked for and one stands near the subject. */
  'number_near',
] as const;
const lexicalRanks = ['bm25', 'term_feedback'] as const;

const dense = [
  /** Cosine of query and passage. */
  'cosine',
  /** Cosine with the mean of the best 5 by z(cosine) + z(lexical) / 2: the first stage's order where it is read, else BM25. */
  'feedback',
  /**
   * z(cosine) + z(lexical) / 2 + z(feedback) / 2, smoothed so that passages near to each other have like scores; then again, with
   * feedback from the best 5 of that.
   */
  'smoothed',
] as const;

/** What the features are made from beside the text and the term statistics. */
export interface FeatureSources {
  /** Embeddings of query and passages. */
  readonly dense: boolean;
  /**
   * The order in which the candidates are given, as a first stage ranked them: for rankings whose scores cannot be
   * worked out again here. Training and use must both give that order. @default false
   */
  readonly firstStage?: boolean;
  /**
   * Count terms in the list itself too, for lists of other collections than the one that the saved statistics are of: see
   * `listStatistics`. @default false
   */
  readonly listStatistics?: boolean;
}

/** What a student reads, in order. */
export interface FeatureSet extends FeatureSources {
  readonly firstStage: boolean;
  readonly version: number;
  readonly names: readonly string[];
}

/**
 * The features of this version, in order: what is measured of each passage, then `NAME_z` (z-score among the candidates
 * of the query) and `NAME_rank` (1 / rank among them, equal values sharing the better rank). `first_stage` is −ln of the
 * place in the given order, from 1. What has another source than the text comes last, so that the lexical features are
 * a prefix. With `listStatistics` the z-scores alone.
 */
export function featureSet({
  dense: withDense,
  firstStage = false,
  listStatistics = false,
}: FeatureSources): FeatureSet {
  const names = [
    ...lexical,
    ...lexicalInList.map((name) => `${name}_z`),
    ...lexicalRanks.map((name) => `${name}_rank`),
    ...(withDense
      ? [...dense, ...dense.map((name) => `${name}_z`), ...dense.map((name) => `${name}_rank`)]
      : []),
    ...(firstStage ? ['first_stage', 'first_stage_z'] : []),
  ];
  return {
    version: featureVersion,
    dense: withDense,
    firstStage,
    ...(listStatistics ? { listStatistics } : {}),
    // A weight on a raw number would count for more in a collection of longer queries, and for less in another.
    names: listStatistics ? names.filter((name) => name.endsWith('_z')) : names,
  };
}

/** What is measured of texts comes in doubles; features of a file in floats, since a file may have a million rows. */
export type FeatureValues = Float64Array | Float32Array;

/** A matrix row by row without the zeros, which are most of a feature file. */
export interface FilledCells {
  /** Where each row's cells begin, and at last their end. */
  readonly starts: Uint32Array;
  /** Rising in a row. */
  readonly columns: Uint16Array | Uint32Array;
  readonly values: FeatureValues;
}

/** Features of one query's candidates, row by row. */
export interface FeatureMatrix {
  readonly names: readonly string[];
  readonly rows: number;
  /** rows × names.length. Of a matrix that is kept otherwise it is made each time: take it once. */
  readonly data: FeatureValues;
  /** Of a matrix that is kept as its filled cells: these, made each time too. */
  filled?(): FilledCells;
}

/** Whether a feature tells of the first stage's order. */
export const tellsOrder = (name: string): boolean => name.startsWith('first_stage');

/** Without what the first stage's order tells. */
export function withoutOrder({ names, rows, data }: FeatureMatrix): FeatureMatrix {
  const kept = names.flatMap((name, column) => (tellsOrder(name) ? [] : [column]));
  const values = Float64Array.from(
    { length: rows * kept.length },
    (_, i) => data[Math.floor(i / kept.length) * names.length + kept[i % kept.length]!]!,
  );
  return { names: kept.map((column) => names[column]!), rows, data: values };
}

/** One column of a matrix; zeros for a feature that it has not. */
export function columnOf({ names, rows, data }: FeatureMatrix, name: string): Float64Array {
  const column = names.indexOf(name);
  return Float64Array.from({ length: rows }, (_, row) =>
    column < 0 ? 0 : data[row * names.length + column]!,
  );
}

import { RankforgeError } from '../../core/errors.js';
import { type Passage, passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { dot, orderByScore, zScores } from '../../core/vectors.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import type { CallOptions } from '../../models/language-model.js';
import { createAnalyser } from '../../retrieval/analyser.js';
import { bm25Pair, type TermStatistics } from '../../retrieval/bm25.js';
import { centroid } from '../../retrieval/feedback.js';
import {
  answerShape,
  definition,
  earlyCoverage,
  numberNear,
  subjectTerms,
  wantsNumber,
} from './answer-shape.js';
import { type FeatureMatrix, type FeatureSet, type FeatureSources, featureSet } from './feature-set.js';
import { listStatistics } from './list-statistics.js';
import {
  bigramShare,
  idfOverlap,
  longestRun,
  proximity,
  queryTerms,
  termFeedback,
  termVector,
} from './match-terms.js';
import { createSmoother } from './smooth-scores.js';

/** Unit vectors of one query and its passages, aligned. */
export interface ListVectors {
  readonly query: Float32Array;
  readonly passages: readonly Float32Array[];
}

export interface FeatureExtractor {
  readonly set: FeatureSet;
  /**
   * Features of a query's candidates. They are read as one list: the `_z`, `_rank` and feedback features of a passage
   * depend on the others.
   * @param vectors needed where `set.dense`
   * @throws RankforgeError `usage` when vectors are missing or do not match the passages
   */
  extract(
    query: Pick<Query, 'text'>,
    passages: readonly Pick<Passage, 'title' | 'text'>[],
    vectors?: ListVectors,
  ): FeatureMatrix;
}

const feedbackDepth = 5;
// Analysed passages are kept for the lists that share them; bounded by count.
const memoSize = 20_000;

/**
 * Turns (query, candidates) into numbers, from text, term statistics and, where `dense`, given vectors.
 * @param statistics of the collection that the student ranks; with `listStatistics` of any in its language
 * @throws RankforgeError `empty-corpus` when the statistics count no passage
 */
export function createFeatureExtractor({
  statistics: saved,
  analyser = createAnalyser('english'),
  ...sources
}: FeatureSources & {
  readonly statistics: TermStatistics;
  readonly analyser?: (text: string) => readonly string[];
}): FeatureExtractor {
  if (saved.documentCount === 0 || !(saved.meanLength > 0)) {
    throw new RankforgeError('empty-corpus', 'The term statistics are of no passage', {
      where: 'term statistics',
      hint: 'Count them over the corpus that will be ranked.',
    });
  }
  const set = featureSet(sources);
  const readPassage = (text: string) => ({ terms: analyser(text), shape: answerShape(text, analyser) });
  const memo = new Map<string, ReturnType<typeof readPassage>>();
  const read = (text: string): ReturnType<typeof readPassage> => {
    let passage = memo.get(text);
    if (!passage) {
      if (memo.size >= memoSize) memo.clear();
      passage = readPassage(text);
      memo.set(text, passage);
    }
    return passage;
  };

  return {
    set,
    extract(query, passages, vectors) {
      const columns = new Map<string, readonly number[]>();
      const each = (name: string, of: (index: number) => number): void => {
        columns.set(
          name,
          passages.map((_, index) => of(index)),
        );
      };
      const readings = passages.map((passage) => read(passageText(passage)));
      const terms = readings.map((reading) => reading.terms);
      const words = analyser(query.text);
      const statistics = set.listStatistics ? listStatistics(saved, terms, words) : saved;
      const asked = queryTerms(words, statistics);
      const distinct = terms.map((list) => new Set(list));
      each('bm25', (i) => bm25Pair(asked.terms, terms[i]!, statistics));
      each('idf_overlap', (i) => idfOverlap(asked, distinct[i]!));
      each('coverage', (i) => {
        const found = [...asked.idf.keys()].filter((term) => distinct[i]!.has(term)).length;
        return asked.idf.size === 0 ? 0 : found / asked.idf.size;
      });
      each('title_overlap', (i) => idfOverlap(asked, new Set(analyser(passages[i]!.title ?? ''))));
      each('bigram', (i) => bigramShare(asked.terms, terms[i]!));
      each('longest_run', (i) => longestRun(asked.terms, terms[i]!));
      each('proximity', (i) => proximity(asked.idf, terms[i]!));
      each('first_match', (i) => {
        const place = terms[i]!.findIndex((term) => asked.idf.has(term));
        return place < 0 ? 0 : 1 / (1 + place);
      });
      const subject = subjectTerms(asked);
      each('early_match', (i) => earlyCoverage(subject, terms[i]!, 10));
      each('early_cover', (i) => earlyCoverage(subject, terms[i]!, 40));
      each('definition', (i) => definition(subject, readings[i]!.shape));
      each('address', (i) => readings[i]!.shape.address);
      const number = wantsNumber(query.text);
      each('number_near', (i) => (number ? numberNear(subject, terms[i]!) : 0));
      if (set.firstStage) each('first_stage', (i) => -Math.log(i + 1));
      const lexical = columns.get(set.firstStage ? 'first_stage' : 'bm25')!;
      const best = orderByScore(lexical).slice(0, feedbackDepth);
      const feedback = termFeedback(
        terms.map((list) => termVector(list, statistics)),
        best,
      );
      each('term_feedback', (i) => feedback[i]!);
      each('query_length', () => Math.log1p(asked.terms.length));
      each('passage_length', (i) => Math.log1p(terms[i]!.length));
      each('clarity', () => (asked.idf.size === 0 ? 0 : asked.idfSum / asked.idf.size));
      if (set.dense) {
        const { query: queryVector, passages: passageVectors } = checkVectors(vectors, passages.length);
        each('cosine', (i) => dot(queryVector, passageVectors[i]!));
        const matched = zScores(lexical);
        const first = zScores(columns.get('cosine')!).map((z, i) => z + matched[i]! / 2);
        const feedback = feedbackOf(first, queryVector, passageVectors);
        each('feedback', (i) => feedback[i]!);
        const smooth = createSmoother(passageVectors);
        const withFeedback = (scores: readonly number[]): number[] => {
          const near = zScores(scores);
          return smooth(first.map((score, i) => score + near[i]! / 2));
        };
        // The smoothed list has better ones at its top to take feedback from; a third round changes nothing more.
        const smoothed = withFeedback(feedbackOf(withFeedback(feedback), queryVector, passageVectors));
        each('smoothed', (i) => smoothed[i]!);
      }
      return assemble(set.names, passages.length, columns);
    },
  };
}

/** Cosine of each passage with the mean of the best by some scores; with the query's vector where there is no passage. */
function feedbackOf(
  scores: readonly number[],
  query: Float32Array,
  passages: readonly Float32Array[],
): number[] {
  const top = orderByScore(scores).slice(0, feedbackDepth);
  const centre = top.length === 0 ? query : centroid(top.map((i) => passages[i]!));
  const length = Math.sqrt(dot(centre, centre)) || 1;
  return passages.map((passage) => dot(centre, passage) / length);
}

/** Puts the columns in the set's order, deriving `_z` and `_rank`. */
function assemble(
  names: readonly string[],
  rows: number,
  columns: ReadonlyMap<string, readonly number[]>,
): FeatureMatrix {
  const data = new Float64Array(rows * names.length);
  for (const [column, name] of names.entries()) {
    const values = columns.get(name) ?? derive(name, columns);
    for (let row = 0; row < rows; row++) data[row * names.length + column] = values[row]!;
  }
  return { names, rows, data };
}

function derive(name: string, columns: ReadonlyMap<string, readonly number[]>): readonly number[] {
  const cut = name.lastIndexOf('_');
  const values = columns.get(name.slice(0, cut))!;
  return name.endsWith('_z') ? zScores(values) : reciprocalRanks(values);
}

/** 1 / rank, highest first, equal values sharing the better rank: so the order of the candidates has no say. */
function reciprocalRanks(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => b - a);
  const rank = new Map<number, number>();
  for (const [index, value] of sorted.entries()) if (!rank.has(value)) rank.set(value, index + 1);
  return values.map((value) => 1 / rank.get(value)!);
}

function checkVectors(vectors: ListVectors | undefined, count: number): ListVectors {
  if (vectors?.passages.length === count) return vectors;
  const given = vectors ? `${vectors.passages.length} vectors` : 'no vectors';
  throw new RankforgeError(
    'usage',
    `There are ${given} for ${count} passages, and the features need one each`,
    {
      where: 'features',
      hint: 'Give the encoder that the student names in its card, or the vectors of query and passages.',
    },
  );
}

/** Vectors of a query and its passages; the same text is embedded as retrieval embeds it. */
export async function embedList(
  encoder: EmbeddingModel,
  query: Pick<Query, 'text'>,
  passages: readonly Pick<Passage, 'title' | 'text'>[],
  options: CallOptions = {},
): Promise<ListVectors> {
  const [first, ...rest] = await encoder.embed([query.text, ...passages.map(passageText)], options);
  return { query: first!, passages: rest };
}

import type { Example, ExamplePassage } from '../../core/example.js';
import { type Grade, grades } from '../../core/judgement.js';
import { passageText } from '../../core/passage.js';
import { mean } from '../../core/vectors.js';
import type { Analyser } from '../../retrieval/analyser.js';
import { type LengthBias, lengthBias } from '../graded/length-bias.js';
import { words } from '../words.js';
import { distinctN } from './distinct-n.js';
import { type Quartiles, quartiles } from './quartiles.js';

/** Who a passage is from: the collection, a retriever's list, or a model. */
export type PassageSource = 'corpus' | 'mined' | 'written';

/** What a training set is like, to be read before anything learns from it. */
export interface SetDescription {
  readonly queries: number;
  readonly passages: number;
  /** Queries by type, the most frequent first; `other` where none is recorded. */
  readonly types: Readonly<Record<string, number>>;
  readonly words: Quartiles | undefined;
  /** The same by type. */
  readonly wordsByType: Readonly<Record<string, Quartiles>>;
  /** Share of different word n-grams among all of the queries', 0 to 1 (Li et al. 2016, arXiv:1510.03055). */
  readonly distinct: { readonly one: number; readonly two: number };
  /** Best grade first; grades that no passage has are left out. */
  readonly grades: readonly GradeDescription[];
  /** Of the written passages, and of all. */
  readonly lengthBias: { readonly written: LengthBias; readonly all: LengthBias };
  /** Mean cosine distance of two queries, 0 to 2, where they were embedded. */
  readonly spread?: number;
}

export interface GradeDescription {
  readonly grade: Grade;
  readonly passages: number;
  readonly sources: Readonly<Record<PassageSource, number>>;
  readonly words: Quartiles;
  /** Share of the query's terms that the passage holds, 0 to 1. */
  readonly overlap: Quartiles;
}

export interface DescribeOptions {
  /** Makes the terms that overlap is counted in. */
  readonly analyser: Analyser;
  /** Unit vectors of the queries. */
  readonly embeddings?: readonly ArrayLike<number>[];
  /** @default 0 */
  readonly seed?: number;
}

const sourceOf = ({ origin }: ExamplePassage): PassageSource =>
  origin.startsWith('mined:') ? 'mined' : /^(?:generated|edited):/.test(origin) ? 'written' : 'corpus';

/** Counts, lengths, overlap and diversity of a set. */
export function describeSet(
  examples: readonly Example[],
  { analyser, embeddings, seed = 0 }: DescribeOptions,
): SetDescription {
  const measured = examples.flatMap(({ query, passages }) => {
    const terms = new Set(analyser(query.text));
    return passages.map((item) => ({
      grade: item.grade,
      source: sourceOf(item),
      words: words(item.passage.text).length,
      overlap: shareHeld(terms, analyser(passageText(item.passage))),
    }));
  });
  const queries = examples.map(({ query }) => words(query.text));
  const types = countTypes(examples);
  const lengthsOf = (type: string): number[] =>
    queries.filter((_, at) => typeOf(examples[at]!) === type).map(({ length }) => length);
  return {
    queries: examples.length,
    passages: measured.length,
    types,
    words: quartiles(queries.map(({ length }) => length)),
    wordsByType: Object.fromEntries(Object.keys(types).map((type) => [type, quartiles(lengthsOf(type))!])),
    distinct: { one: distinctN(queries, 1), two: distinctN(queries, 2) },
    grades: [...grades].reverse().flatMap((grade) => {
      const of = measured.filter((one) => one.grade === grade);
      const lengths = quartiles(of.map((one) => one.words));
      const overlap = quartiles(of.map((one) => one.overlap));
      if (!lengths || !overlap) return [];
      const from = (source: PassageSource): number => of.filter((one) => one.source === source).length;
      const sources = { corpus: from('corpus'), mined: from('mined'), written: from('written') };
      return [{ grade, passages: of.length, sources, words: lengths, overlap }];
    }),
    lengthBias: {
      written: lengthBias(examples, { seed }),
      all: lengthBias(examples, { seed, of: 'all' }),
    },
    ...(embeddings && embeddings.length > 1 ? { spread: meanDistance(embeddings) } : {}),
  };
}

function shareHeld(terms: ReadonlySet<string>, passage: readonly string[]): number {
  if (terms.size === 0) return 0;
  const held = new Set(passage);
  return mean([...terms].map((term) => (held.has(term) ? 1 : 0)));
}

const typeOf = ({ query }: Example): string =>
  typeof query.metadata?.type === 'string' ? query.metadata.type : 'other';

function countTypes(examples: readonly Example[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const type of examples.map(typeOf)) counts.set(type, (counts.get(type) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

/** Mean cosine distance over all pairs of unit vectors: from their sum, so in one pass. */
function meanDistance(vectors: readonly ArrayLike<number>[]): number {
  const n = vectors.length;
  const sum = new Float64Array(vectors[0]!.length);
  let squares = 0;
  for (const vector of vectors) {
    for (let i = 0; i < sum.length; i++) {
      sum[i]! += vector[i]!;
      squares += vector[i]! ** 2;
    }
  }
  const ofSum = sum.reduce((total, value) => total + value ** 2, 0);
  return 1 - (ofSum - squares) / (n * (n - 1));
}

import type { Example, ExamplePassage } from '../../core/example.js';
import { type Grade, grades } from '../../core/judgement.js';
import { randomStream, shuffle } from '../../core/random.js';
import { mean } from '../../core/vectors.js';
import { words } from '../words.js';

export interface LengthBiasOptions {
  /**
   * Which passages are looked at: those a model wrote, and the positives that written negatives were to be as long as; or all.
   * @default 'written'
   */
  readonly of?: 'written' | 'all';
  /** @default 0 */
  readonly seed?: number;
  /** Of the permutation test. @default 999 */
  readonly permutations?: number;
  /** Distance of `auc` from .5 up to which a tendency is no separation. @default 0.2 */
  readonly tolerance?: number;
  /** Largest p that is no chance. @default 0.01 */
  readonly alpha?: number;
  /** Queries below which nothing is said: a few can agree by accident. @default 5 */
  readonly leastQueries?: number;
}

/** Whether a passage's length alone gives its grade away. */
export interface LengthBias {
  /** With two or more grades among the passages looked at. */
  readonly queries: number;
  /** Of passages of one query with different grades. */
  readonly pairs: number;
  /** Share of the pairs in which the longer passage has the better grade, ties half: .5 tells nothing, 0 and 1 everything. */
  readonly auc: number;
  /** Goodman and Kruskal's gamma of words and grade inside queries, −1 to 1: 2 · auc − 1. */
  readonly correlation: number;
  /** Of an `auc` as far from .5 if lengths were dealt to each query's passages by chance. */
  readonly p: number;
  /** Mean words by grade, where there are passages of it. */
  readonly words: Readonly<Partial<Record<Grade, number>>>;
  /** Whether length alone separates the grades: a student would learn it, and nothing else. Undefined with too few queries to tell. */
  readonly separates?: boolean;
}

interface Measured {
  readonly grade: Grade;
  readonly words: number;
}

const isWritten = ({ origin }: ExamplePassage): boolean => /^(?:generated|edited):/.test(origin);
const isWrittenNegative = ({ origin }: ExamplePassage): boolean => origin === 'generated:negative';

/** Passages of one example that are held against each other. */
function contrasts(
  passages: readonly ExamplePassage[],
  of: 'written' | 'all',
): (readonly ExamplePassage[])[] {
  if (of === 'all') return [passages];
  const negatives = passages.filter(isWrittenNegative);
  const besides = passages.filter((one) => one.kind === 'positive' && !isWritten(one));
  return [passages.filter(isWritten), negatives.length > 0 ? [...besides, ...negatives] : []];
}

/**
 * Tests whether longer passages have better (or worse) grades inside queries. Two-sided permutation test: each query's
 * lengths are dealt anew to its passages, so that queries with long passages alone prove nothing.
 */
export function lengthBias(
  examples: Iterable<Pick<Example, 'passages'>>,
  {
    of = 'written',
    seed = 0,
    permutations = 999,
    tolerance = 0.2,
    alpha = 0.01,
    leastQueries = 5,
  }: LengthBiasOptions = {},
): LengthBias {
  const lists: Measured[][] = [];
  const all: Measured[] = [];
  let queries = 0;
  for (const { passages } of examples) {
    const measured = contrasts(passages, of).map((contrast) =>
      contrast.map(({ passage, grade }) => ({ grade, words: words(passage.text).length })),
    );
    all.push(...measured[0]!);
    const telling = measured.filter((list) => new Set(list.map(({ grade }) => grade)).size > 1);
    lists.push(...telling);
    if (telling.length > 0) queries += 1;
  }
  const byGrade = Object.fromEntries(
    grades.flatMap((grade) => {
      const lengths = all.filter((one) => one.grade === grade).map((one) => one.words);
      return lengths.length > 0 ? [[grade, mean(lengths)]] : [];
    }),
  );
  const counts = lists.map(concordance);
  const pairs = counts.reduce((sum, count) => sum + count.pairs, 0);
  const won = counts.reduce((sum, count) => sum + count.won, 0);
  if (pairs === 0) return { queries, pairs, auc: 0.5, correlation: 0, p: 1, words: byGrade };
  const away = Math.abs(won - pairs / 2);
  const random = randomStream(seed, 'length-bias');
  let asFar = 1;
  for (let time = 0; time < permutations; time++) {
    const dealt = lists.reduce((sum, list) => {
      const lengths = shuffle(
        list.map((one) => one.words),
        random,
      );
      return sum + concordance(list.map(({ grade }, at) => ({ grade, words: lengths[at]! }))).won;
    }, 0);
    if (Math.abs(dealt - pairs / 2) >= away) asFar += 1;
  }
  const auc = won / pairs;
  const p = asFar / (permutations + 1);
  return {
    queries,
    pairs,
    auc,
    correlation: 2 * auc - 1,
    p,
    words: byGrade,
    ...(queries >= leastQueries && { separates: Math.abs(auc - 0.5) > tolerance && p <= alpha }),
  };
}

/** Pairs of different grades, and in how many the better one is longer; one of equal length counts half. */
function concordance(list: readonly Measured[]): { pairs: number; won: number } {
  let [pairs, won] = [0, 0];
  for (const [at, a] of list.entries()) {
    for (const b of list.slice(0, at)) {
      if (a.grade === b.grade) continue;
      pairs += 1;
      won += (Math.sign((a.words - b.words) * (a.grade - b.grade)) + 1) / 2;
    }
  }
  return { pairs, won };
}

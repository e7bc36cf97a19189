import { randomStream } from '../../core/random.js';
import type { Qrels } from '../../core/run.js';
import { noUsage } from '../../core/usage.js';
import { orderByScore } from '../../core/vectors.js';
import type { Comparator } from '../comparator.js';
import { type ComparatorEntry, needed, notSo } from './entry.js';

/**
 * A perfect comparator: the judged grade is the score, 0 where there is none, and ties keep the order shown. A program
 * run with it reaches its ceiling.
 */
export function oracleComparator(qrels: Qrels): Comparator {
  return fromScores('oracle', (query, ids) => ids.map((id) => qrels.get(query)?.get(id) ?? 0));
}

/**
 * A comparator that errs: the judged grade plus normal noise of a standard deviation in grades. The noise of a passage
 * is drawn for (seed, query, group): the same group errs the same way again, in any order it is shown, another group anew.
 */
export function noisyComparator(qrels: Qrels, sd: number, seed = 0): Comparator {
  return fromScores(
    'noisy',
    (query, ids) => {
      const sorted = [...ids].sort();
      const stream = randomStream(seed, 'noisy', query, ...sorted);
      const noise = new Map(sorted.map((id) => [id, sd * stream.normal()]));
      return ids.map((id) => (qrels.get(query)?.get(id) ?? 0) + noise.get(id)!);
    },
    seed,
  );
}

function fromScores(
  name: string,
  scoresOf: (queryId: string, ids: readonly string[]) => number[],
  seed?: number,
): Comparator {
  return {
    name,
    absolute: name === 'oracle',
    ...(seed === undefined ? {} : { provenance: { seed } }),
    async compare(query, passages, { signal } = {}) {
      signal?.throwIfAborted();
      const scores = scoresOf(
        query.id,
        passages.map(({ id }) => id),
      );
      return { order: orderByScore(scores), scores, usage: { ...noUsage, calls: 1 }, warnings: [] };
    },
    cost: () => ({ calls: 1, promptTokens: 0, outputTokens: 0 }),
    async [Symbol.asyncDispose]() {},
  };
}

export const oracleEntry: ComparatorEntry = {
  form: 'oracle',
  summary: 'perfect: the judged grade is the score',
  needs: { input: 'judgements' },
  gives: 'absolute-scores',
  create: (argument, { qrels }) => {
    if (argument !== undefined) throw notSo('oracle', argument);
    return oracleComparator(needed(qrels, 'judgements', 'qrels'));
  },
};

export const noisyEntry: ComparatorEntry = {
  form: 'noisy:SD',
  summary: 'the judged grade with normal noise of a standard deviation in grades',
  needs: { input: 'judgements' },
  // Noise is drawn anew for each group, and hangs on no other passage of it.
  gives: 'absolute-scores',
  create: (argument, { qrels, seed }) => {
    const sd = Number(argument ?? '1');
    if (!(sd >= 0 && Number.isFinite(sd)) || argument === '')
      throw notSo('noisy:0.5, in grades', argument ?? '');
    return noisyComparator(needed(qrels, 'judgements', 'qrels'), sd, seed);
  },
};

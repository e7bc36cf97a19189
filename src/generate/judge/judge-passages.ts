import type { Judgement } from '../../core/judgement.js';
import type { Passage } from '../../core/passage.js';
import type { JobOptions } from '../../core/progress.js';
import type { Query } from '../../core/query.js';
import type { Funnel } from '../funnel.js';
import { orderedMap } from '../ordered-map.js';
import type { Judge, Verdict } from './judge.js';
import { eachAlone, type ListJudge } from './list-judge.js';

export interface JudgePair {
  readonly query: Query;
  readonly passage: Passage;
}

export interface PairVerdict extends JudgePair {
  readonly verdict: Verdict;
}

export interface JudgedPair extends JudgePair {
  /** `confidence` as the judge's logits have it; absent where its grade was written. */
  readonly judgement: Judgement;
  readonly score: number;
  readonly ledgerKeys: readonly string[];
}

interface JudgeJobOptions extends JobOptions {
  /** Calls, or batches, under way at once. @default 4 */
  readonly concurrency?: number;
  /** For the progress, where the number of pairs is known. */
  readonly total?: number;
}

export interface JudgeAllOptions extends JudgeJobOptions {
  readonly judge: ListJudge;
  /** Passages of one query that are judged together, at most; pairs of a query stand next to each other. @default 1 */
  readonly batch?: number;
}

/** The verdict on each pair, in their order, unknown ones too. */
export async function* judgeAll(
  pairs: AsyncIterable<JudgePair> | Iterable<JudgePair>,
  { judge, batch = 1, concurrency = 4, total, signal, onProgress }: JudgeAllOptions,
): AsyncGenerator<PairVerdict> {
  const verdicts = orderedMap(inBatches(pairs, batch), concurrency, async ({ query, passages }) => {
    signal?.throwIfAborted();
    return { query, passages, said: await judge(query, passages, { signal }) };
  });
  let done = 0;
  for await (const { query, passages, said } of verdicts) {
    done += passages.length;
    onProgress?.({ stage: 'judge', done, total, unit: 'items' });
    for (const [index, passage] of passages.entries()) yield { query, passage, verdict: said[index]! };
  }
}

export interface JudgePassagesOptions extends JudgeJobOptions {
  readonly judge: Judge;
  readonly funnel?: Funnel;
}

/** Grades pairs, in their order. A pair whose grade stays unknown is left out and counted under `judge`, never graded 0. */
export async function* judgePassages(
  pairs: AsyncIterable<JudgePair> | Iterable<JudgePair>,
  { judge, funnel, ...options }: JudgePassagesOptions,
): AsyncGenerator<JudgedPair> {
  for await (const { query, passage, verdict } of judgeAll(pairs, { ...options, judge: eachAlone(judge) })) {
    const { grade, score, confidence, ledgerKeys, disagreement } = verdict;
    if (grade === undefined || score === undefined) {
      funnel?.reject('judge', verdict.reason ?? 'unknown');
      continue;
    }
    funnel?.accept('judge');
    if (disagreement && disagreement.range > 0) funnel?.note('judge', `apart-${disagreement.range}`);
    const judgement = { queryId: query.id, passageId: passage.id, grade, source: 'llm', confidence } as const;
    yield { query, passage, judgement, score, ledgerKeys };
  }
}

interface Batch {
  readonly query: Query;
  readonly passages: readonly Passage[];
}

/** Passages of the same query that follow each other, at most `size` together. */
async function* inBatches(
  pairs: AsyncIterable<JudgePair> | Iterable<JudgePair>,
  size: number,
): AsyncGenerator<Batch> {
  let query: Query | undefined;
  let passages: Passage[] = [];
  for await (const pair of pairs) {
    if (query && (pair.query.id !== query.id || passages.length >= size)) {
      yield { query, passages };
      passages = [];
    }
    query = pair.query;
    passages.push(pair.passage);
  }
  if (query) yield { query, passages };
}

import type { Judgement } from '../../core/judgement.js';
import type { Passage } from '../../core/passage.js';
import type { JobOptions } from '../../core/progress.js';
import type { Query } from '../../core/query.js';
import type { Funnel } from '../funnel.js';
import { orderedMap } from '../ordered-map.js';
import type { Judge } from './judge.js';

export interface JudgePair {
  readonly query: Query;
  readonly passage: Passage;
}

export interface JudgedPair extends JudgePair {
  /** `confidence` is how far the score is from even, 0 to 1. */
  readonly judgement: Judgement;
  readonly score: number;
  readonly ledgerKeys: readonly string[];
}

export interface JudgePassagesOptions extends JobOptions {
  readonly judge: Judge;
  /** Calls under way at once. @default 4 */
  readonly concurrency?: number;
  readonly funnel?: Funnel;
}

/** Grades pairs, in their order. A pair whose grade stays unknown is left out and counted under `judge`, never graded 0. */
export async function* judgePassages(
  pairs: AsyncIterable<JudgePair> | Iterable<JudgePair>,
  { judge, concurrency = 4, funnel, signal, onProgress }: JudgePassagesOptions,
): AsyncGenerator<JudgedPair> {
  const verdicts = orderedMap(pairs, concurrency, async (pair) => {
    signal?.throwIfAborted();
    return { pair, verdict: await judge(pair.query, pair.passage, { signal }) };
  });
  let done = 0;
  for await (const { pair, verdict } of verdicts) {
    onProgress?.({ stage: 'judge', done: ++done });
    const { grade, score, ledgerKeys } = verdict;
    if (grade === undefined || score === undefined) {
      funnel?.reject('judge', verdict.reason ?? 'unknown');
      continue;
    }
    funnel?.accept('judge');
    const { query, passage } = pair;
    const confidence = Math.abs(2 * score - 1);
    yield {
      ...pair,
      judgement: { queryId: query.id, passageId: passage.id, grade, source: 'llm', confidence },
      score,
      ledgerKeys,
    };
  }
}

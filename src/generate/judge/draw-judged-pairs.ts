import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { randomStream, shuffle } from '../../core/random.js';
import type { Qrels } from '../../core/run.js';
import type { JudgePair } from './judge-passages.js';

/**
 * Pairs that people judged, for a judge to grade too: at most `count`, drawn by the seed, those of one query next to each
 * other. Judgements of queries or passages that are not known are passed over.
 */
export function drawJudgedPairs(
  {
    queries,
    qrels,
    passages,
  }: {
    readonly queries: ReadonlyMap<string, Query>;
    readonly qrels: Qrels;
    readonly passages: { get(id: string): Passage | undefined };
  },
  { count, seed }: { readonly count: number; readonly seed: number },
): JudgePair[] {
  const ids = [...qrels].flatMap(([queryId, grades]) =>
    queries.has(queryId) ? [...grades.keys()].map((passageId) => ({ queryId, passageId })) : [],
  );
  const pairs: JudgePair[] = [];
  for (const { queryId, passageId } of shuffle(ids, randomStream(seed, 'judged-pairs'))) {
    if (pairs.length === count) break;
    const passage = passages.get(passageId);
    if (passage) pairs.push({ query: queries.get(queryId)!, passage });
  }
  return pairs.sort((a, b) => (a.query.id < b.query.id ? -1 : a.query.id > b.query.id ? 1 : 0));
}

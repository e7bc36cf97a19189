import { RankforgeError } from '../core/errors.js';
import { randomStream, shuffle } from '../core/random.js';
import type { Qrels } from '../core/run.js';

/** @throws RankforgeError `too-little-data` for judgements of none of the queries that there are candidates for */
export function checkJudged(qrels: Qrels, candidates: ReadonlyMap<string, unknown>): void {
  if ([...candidates.keys()].some((id) => qrels.has(id))) return;
  const some = (ids: Iterable<string>): string => [...ids].slice(0, 3).join(', ');
  throw new RankforgeError(
    'too-little-data',
    `The judgements of ${some(qrels.keys())} … are of no query of the run`,
    {
      where: some(candidates.keys()),
      hint: 'Check that run and judgements are of the same collection and name its queries alike.',
    },
  );
}

/** Half of the judged queries to fit weights on, where they are fitted, and the others. */
export function splitJudged(
  qrels: Qrels,
  teacherWeights: 'equal' | 'judged',
  seed: number,
): { readonly weights?: Qrels; readonly gate: Qrels } {
  if (teacherWeights === 'equal') return { gate: qrels };
  const order = shuffle([...qrels.keys()].sort(), randomStream(seed, 'judged-halves'));
  const fitted = new Set(order.slice(0, Math.floor(order.length / 2)));
  const half = (wanted: boolean): Qrels => new Map([...qrels].filter(([id]) => fitted.has(id) === wanted));
  return { weights: half(true), gate: half(false) };
}

/** Relevant is grade 2 and above where grades go that far, else 1. */
export function relevanceOf(qrels: Qrels): ReadonlyMap<string, ReadonlyMap<string, boolean>> {
  const graded = [...qrels.values()].some((grades) => [...grades.values()].some((grade) => grade >= 2));
  return new Map(
    [...qrels].map(([queryId, grades]) => [
      queryId,
      new Map([...grades].map(([id, grade]) => [id, grade >= (graded ? 2 : 1)])),
    ]),
  );
}

/** The judgements of some of the queries. */
export const judgedOf = (qrels: Qrels, candidates: { has(id: string): boolean }): Qrels =>
  new Map([...qrels].filter(([id]) => candidates.has(id)));

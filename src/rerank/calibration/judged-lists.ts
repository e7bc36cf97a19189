import type { Qrels, Run } from '../../core/run.js';
import type { CalibrationList } from './calibrate.js';

export interface JudgedListOptions {
  /** The lowest grade that is relevant. @default 1 */
  readonly relevantFrom?: number;
  /**
   * A passage without a judgement: is not relevant, as in evaluation, or is left out. Where few passages are judged,
   * leaving the others out leaves little but relevant ones. @default 'not-relevant'
   */
  readonly unjudged?: 'not-relevant' | 'left-out';
  /** Ranks of each list that count: a run's scores below the depth that was reranked are no comparator's. @default all */
  readonly depth?: number;
}

/** The scores of a run beside what its judgements say. Queries without judgements are left out. */
export function judgedLists(
  run: Run,
  qrels: Qrels,
  { relevantFrom = 1, unjudged = 'not-relevant', depth }: JudgedListOptions = {},
): CalibrationList[] {
  return [...run].flatMap(([queryId, list]) => {
    const grades = qrels.get(queryId);
    if (!grades) return [];
    const counted = list.slice(0, depth);
    const judged = unjudged === 'left-out' ? counted.filter(({ id }) => grades.has(id)) : counted;
    return [
      {
        queryId,
        scores: judged.map(({ score }) => score),
        relevant: judged.map(({ id }) => (grades.get(id) ?? Number.NEGATIVE_INFINITY) >= relevantFrom),
      },
    ];
  });
}

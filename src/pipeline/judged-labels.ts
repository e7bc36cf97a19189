import { RankforgeError } from '../core/errors.js';
import type { Qrels, Run, ScoredId } from '../core/run.js';
import { checkJudged } from './judged-queries.js';

export interface JudgedCandidates {
  /** Of the queries that are learned from, then of those that the gate decides on. */
  readonly candidates: ReadonlyMap<string, readonly ScoredId[]>;
  /** By query that is learned from, aligned with its candidates: what nobody judged has grade 0. */
  readonly labels: ReadonlyMap<string, readonly number[]>;
  /** The same of whether nobody judged them. */
  readonly unjudged: ReadonlyMap<string, readonly boolean[]>;
}

/**
 * The candidates of judged queries: some with grades to learn from, and others whose judgements the gate decides on.
 * @param grades judgements to learn from; negative grades count as 0
 * @param gate judgements of other queries
 * @throws RankforgeError `too-little-data` where no query of the run has grades; `duplicate-id` for queries that are to teach and to test
 */
export function judgedCandidates(
  run: Run,
  grades: Qrels,
  { depth, gate = new Map() }: { readonly depth: number; readonly gate?: Qrels },
): JudgedCandidates {
  checkJudged(grades, run);
  const both = [...run.keys()].filter((id) => grades.has(id) && gate.has(id));
  if (both.length > 0) {
    throw new RankforgeError(
      'duplicate-id',
      `${both.length} queries are both learned from and judged for the gate`,
      {
        where: `${both.slice(0, 3).join(', ')}${both.length > 3 ? ', …' : ''}`,
        hint: 'Leave each out of the labels or out of the judgements of the gate: it would be tested on what it learned.',
      },
    );
  }
  const of = (judged: Qrels) =>
    [...run].flatMap(([id, items]) => (judged.has(id) ? [[id, items.slice(0, depth)] as const] : []));
  const taught = of(grades);
  const map = <T>(read: (grade: number | undefined) => T) =>
    new Map(taught.map(([id, items]) => [id, items.map((item) => read(grades.get(id)!.get(item.id)))]));
  if (taught.every(([id, items]) => items.every((item) => !grades.get(id)!.has(item.id)))) {
    throw new RankforgeError('too-little-data', 'None of the judged passages is among the candidates', {
      where: taught
        .slice(0, 3)
        .map(([id]) => id)
        .join(', '),
      hint: 'Check that run and judgements name passages alike, or give longer lists.',
    });
  }
  return {
    candidates: new Map([...taught, ...of(gate)]),
    labels: map((grade = 0) => Math.max(0, grade)),
    unjudged: map((grade) => grade === undefined),
  };
}

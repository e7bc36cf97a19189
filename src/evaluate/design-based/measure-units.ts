import { RankforgeError } from '../../core/errors.js';
import type { Qrels, Run } from '../../core/run.js';
import { evaluateRun } from '../evaluate-run.js';
import { type Measure, measure } from '../parse-measure.js';
import type { DrawnUnit } from './draw-sample.js';
import type { SampledUnit } from './sampled-unit.js';

/** What the judge and, of drawn pairs, people say of pairs; with the design of the sample. */
export interface JudgedSample {
  /** The judge's grades: all pairs that the question is about. */
  readonly judge: Qrels;
  /** People's grades: of everything that was drawn, at least. */
  readonly human: Qrels;
  readonly units: ReadonlyMap<string, DrawnUnit>;
  readonly drawn: ReadonlySet<string>;
}

/** The id under which a pair is drawn. */
export const pairId = (queryId: string, passageId: string): string => JSON.stringify([queryId, passageId]);

/**
 * Pairs as units of a mean: of their grades, or of any function of a grade, such as whether it counts as relevant.
 * @param coefficient what a pair counts. @default 1 / pairs
 * @throws RankforgeError `too-little-data` where people left out pairs that were drawn: what they skip is not random
 */
export function pairUnits(
  { judge, human, units, drawn }: JudgedSample,
  value: (grade: number) => number = (grade) => grade,
  coefficient?: (queryId: string, passageId: string) => number,
): SampledUnit[] {
  const missing: string[] = [];
  const all = [...judge].flatMap(([queryId, grades]) =>
    [...grades].map(([passageId, grade]): SampledUnit => {
      const id = pairId(queryId, passageId);
      const people = drawn.has(id) ? human.get(queryId)?.get(passageId) : undefined;
      if (drawn.has(id) && people === undefined) missing.push(`${queryId} ${passageId}`);
      return {
        predicted: value(grade),
        observed: people === undefined ? undefined : value(Math.max(0, people)),
        cluster: queryId,
        coefficient: coefficient?.(queryId, passageId),
        ...units.get(id)!,
      };
    }),
  );
  if (missing.length > 0) throw notJudged(missing, 'pairs');
  return all;
}

/**
 * What each pair counts in the mean over queries of a measure that is a sum over ranks: `P@k` (of the share that is relevant) or
 * `DCG@k` (of the grade, linear gain). nDCG is none: its ideal order depends on all grades at once, so queries are drawn for it.
 * @returns coefficients for `pairUnits`; a pair beyond rank k counts 0
 */
export function rankCoefficients(
  run: Run,
  {
    base,
    cutoff,
    queries,
  }: { readonly base: 'P' | 'DCG'; readonly cutoff: number; readonly queries: number },
): (queryId: string, passageId: string) => number {
  const ranks = new Map<string, number>();
  for (const [queryId, items] of run)
    for (const [index, { id }] of items.slice(0, cutoff).entries()) ranks.set(pairId(queryId, id), index + 1);
  return (queryId, passageId) => {
    const rank = ranks.get(pairId(queryId, passageId));
    if (rank === undefined) return 0;
    return (base === 'P' ? 1 / cutoff : 1 / Math.log2(rank + 1)) / queries;
  };
}

/**
 * Queries as units of the mean of any measure of a run, or of the difference of two runs: the measure by the judge's grades, and
 * of the drawn queries by people's, who have graded there what the judge has.
 * @throws RankforgeError `too-little-data` where a drawn query was not judged by people
 */
export function queryUnits(
  { judge, human, units, drawn }: JudgedSample,
  [run, other]: readonly [Run, Run?],
  wanted: string | Measure,
): SampledUnit[] {
  const chosen = typeof wanted === 'string' ? measure(wanted) : wanted;
  const valuesBy = (qrels: Qrels) => {
    const of = (one: Run) => {
      const { perQuery } = evaluateRun(qrels, one, [chosen]);
      return (queryId: string): number => perQuery.get(queryId)![chosen.name]!;
    };
    const [first, second] = [of(run), other ? of(other) : () => 0];
    return (queryId: string): number => first(queryId) - second(queryId);
  };
  const missing = [...drawn].filter((queryId) => !human.get(queryId)?.size);
  if (missing.length > 0) throw notJudged(missing, 'queries');
  const people = new Map([...drawn].map((queryId) => [queryId, human.get(queryId)!]));
  const [byJudge, byPeople] = [valuesBy(judge), valuesBy(people)];
  return [...judge.keys()].map((queryId) => ({
    predicted: byJudge(queryId),
    observed: drawn.has(queryId) ? byPeople(queryId) : undefined,
    ...units.get(queryId)!,
  }));
}

const notJudged = (missing: readonly string[], what: string): RankforgeError =>
  new RankforgeError(
    'too-little-data',
    `${missing.length} drawn ${what} have no human grade, among them ${missing.slice(0, 3).join(', ')}`,
    {
      where: missing[0],
      hint: 'Let people judge all that was drawn: leaving out what is hard to judge would bias the estimate.',
    },
  );

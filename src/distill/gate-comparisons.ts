import { z } from 'zod';
import type { Qrels, Run } from '../core/run.js';
import { compareRuns } from '../evaluate/compare-runs.js';

const Difference = z.strictObject({ mean: z.number(), low: z.number(), high: z.number() });

/** The student beside one that it learned from, on the judged queries that both rank. */
export const TeacherComparison = z.strictObject({
  name: z.string(),
  teacherMean: z.number(),
  studentMean: z.number(),
  /** Student less teacher. */
  difference: Difference,
  p: z.number(),
  queries: z.number().int(),
  /** Share of the teacher's gain over the best untrained ranking that the student keeps; absent where the teacher has none. */
  kept: z.number().optional(),
});
export type TeacherComparison = z.infer<typeof TeacherComparison>;

/** The student on subjects that it was not trained on. */
export const Extrapolation = z.strictObject({
  /** Clusters of queries, whole ones of which were left out of training in turn. */
  clusters: z.number().int(),
  folds: z.number().int(),
  queries: z.number().int(),
  mean: z.number(),
  /** Less the best untrained ranking. */
  difference: Difference,
  p: z.number(),
  /** Less the student in domain. */
  change: Difference,
  changeP: z.number(),
});
export type Extrapolation = z.infer<typeof Extrapolation>;

export interface ComparisonOptions {
  readonly student: Run;
  readonly baseline: Run;
  readonly qrels: Qrels;
  readonly measure: string;
  readonly seed: number;
}

/** @returns undefined where the teacher ranks none of the judged queries */
export function compareTeacher(
  name: string,
  teacher: Run,
  { student, baseline, qrels, measure, seed }: ComparisonOptions,
): TeacherComparison | undefined {
  const shared = rankedBy(qrels, teacher);
  if (shared.size === 0) return undefined;
  const { a, b, difference, test, queries } = compareRuns(shared, [student, teacher], measure, { seed });
  const untrained = compareRuns(shared, [teacher, baseline], measure, { seed }).difference.mean;
  return {
    name,
    teacherMean: b.mean,
    studentMean: a.mean,
    difference,
    p: test.p,
    queries,
    ...(untrained > 0 ? { kept: 1 + difference.mean / untrained } : {}),
  };
}

/** @returns undefined where none of the judged queries was scored */
export function compareExtrapolated(
  { run, clusters, folds }: { readonly run: Run; readonly clusters: number; readonly folds: number },
  { student, baseline, qrels, measure, seed }: ComparisonOptions,
): Extrapolation | undefined {
  const shared = rankedBy(qrels, run);
  if (shared.size === 0) return undefined;
  const gain = compareRuns(shared, [run, baseline], measure, { seed });
  const change = compareRuns(shared, [run, student], measure, { seed });
  return {
    clusters,
    folds,
    queries: gain.queries,
    mean: gain.a.mean,
    difference: gain.difference,
    p: gain.test.p,
    change: change.difference,
    changeP: change.test.p,
  };
}

const rankedBy = (qrels: Qrels, run: Run): Qrels =>
  new Map([...qrels].filter(([id]) => (run.get(id)?.length ?? 0) > 0));

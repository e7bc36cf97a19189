import { z } from 'zod';
import { RankforgeError } from '../core/errors.js';
import type { Qrels, Run } from '../core/run.js';
import { compareRuns } from '../evaluate/compare-runs.js';
import { evaluateRun } from '../evaluate/evaluate-run.js';
import { compareExtrapolated, compareTeacher, Extrapolation, TeacherComparison } from './gate-comparisons.js';

export const GateResult = z.strictObject({
  passed: z.boolean(),
  student: z.string(),
  /** The best untrained ranking on these very queries, which sets the bar a little too high when there are several. */
  baseline: z.string(),
  measure: z.string(),
  studentMean: z.number(),
  /** Of every untrained ranking, by name. */
  baselineMeans: z.record(z.string(), z.number()),
  /** Student less baseline. */
  difference: z.strictObject({ mean: z.number(), low: z.number(), high: z.number() }),
  p: z.number(),
  /** Largest p that passes. */
  alpha: z.number(),
  queries: z.number().int(),
  /** Too few queries for any result to pass. */
  tooFew: z.boolean(),
  /** The fewest queries with which one could. */
  needed: z.number().int().optional(),
  /** Students that were put to the gate on the same queries, and p times what that costs: this one is below `alpha` where it passes. */
  together: z.strictObject({ students: z.number().int(), p: z.number() }).optional(),
  /** What it learned from, on the same queries. */
  teachers: z.array(TeacherComparison).readonly().optional(),
  /** The most that it may be worse than each teacher, where that was asked for: the interval's end counts. */
  teacherMargin: z.number().optional(),
  extrapolation: Extrapolation.optional(),
  /** What could not be measured, and why. */
  notes: z.array(z.string()).readonly().optional(),
  /** In words. */
  reason: z.string(),
});
/** Whether a student is better than what needs no training, and how sure that is. */
export type GateResult = z.infer<typeof GateResult>;

export interface GateOptions {
  readonly student: { readonly name: string; readonly run: Run };
  /** Untrained rankings of the same candidates, by name: BM25, dense, their fusion. */
  readonly baselines: Readonly<Record<string, Run>>;
  /** Of queries that nothing was trained, fitted or chosen on. */
  readonly qrels: Qrels;
  readonly seed: number;
  /** @default 'nDCG@10' */
  readonly measure?: string;
  /** @default 0.05 */
  readonly alpha?: number;
  /** Rankings of the same candidates by what it learned from, by name. */
  readonly teachers?: Readonly<Record<string, Run>>;
  /** Fails a student that may be worse than a teacher by more than this. @default it is compared, and may be any worse */
  readonly teacherMargin?: number;
  /** The same queries ranked by students that were trained without their subjects. */
  readonly extrapolation?: { readonly run: Run; readonly clusters: number; readonly folds: number };
  /** For the card, as they are. */
  readonly notes?: readonly string[];
}

/**
 * The student against the best of the baselines on held-out judged queries: it passes when its mean is higher and a
 * paired randomisation test gives p < alpha. With so few queries that no outcome could, it fails and says so. Teachers and
 * subjects unseen in training are compared in the same way, and decide only where a margin is given.
 * @throws RankforgeError `too-little-data` without baselines or when a run answers no judged query
 */
export function runGate(options: GateOptions): GateResult {
  const { student, qrels, seed, measure = 'nDCG@10', alpha = 0.05, teacherMargin } = options;
  const means = Object.entries(options.baselines).map(
    ([name, run]) => [name, evaluateRun(qrels, run, [measure]).means[measure]!] as const,
  );
  if (means.length === 0) {
    throw new RankforgeError('too-little-data', 'The gate has no untrained ranking to compare with', {
      where: student.name,
      hint: 'Give the runs of BM25, and of the dense retriever and their fusion where there are any.',
    });
  }
  const [baseline] = means.reduce((best, one) => (one[1] > best[1] ? one : best));
  const untrained = options.baselines[baseline]!;
  const { a, difference, test, queries } = compareRuns(qrels, [student.run, untrained], measure, { seed });
  // Each query can only have its sign turned, so p is never below 2 / 2^n.
  const tooFew = 2 ** (1 - queries) >= alpha;
  const shared = { student: student.run, baseline: untrained, qrels, measure, seed };
  const teachers = Object.entries(options.teachers ?? {}).flatMap(
    ([name, run]) => compareTeacher(name, run, shared) ?? [],
  );
  return decide({
    student: student.name,
    baseline,
    measure,
    studentMean: a.mean,
    baselineMeans: Object.fromEntries(means),
    difference,
    p: test.p,
    alpha,
    queries,
    tooFew,
    needed: Math.floor(1 - Math.log2(alpha)) + 1,
    ...(teachers.length > 0 ? { teachers } : {}),
    ...(teacherMargin === undefined ? {} : { teacherMargin }),
    extrapolation: options.extrapolation && compareExtrapolated(options.extrapolation, shared),
    ...(options.notes?.length ? { notes: options.notes } : {}),
  });
}

/**
 * The same results where several students were put to the gate on the same queries and any of them may be taken: the more there
 * are, the likelier one is better by chance, so each p is raised by Holm's method before it decides.
 * @see Holm 1979, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6
 */
export function gateTogether(results: readonly GateResult[]): GateResult[] {
  const order = [...results.keys()].sort((i, j) => results[i]!.p - results[j]!.p);
  const raised: number[] = [];
  let highest = 0;
  for (const [place, index] of order.entries()) {
    highest = Math.max(highest, Math.min(1, results[index]!.p * (results.length - place)));
    raised[index] = highest;
  }
  return results.map((result, index) =>
    results.length < 2
      ? result
      : decide({ ...result, together: { students: results.length, p: raised[index]! } }),
  );
}

function decide(facts: Omit<GateResult, 'passed' | 'reason'>): GateResult {
  const { tooFew, difference, alpha, together, teachers = [], teacherMargin } = facts;
  const p = together?.p ?? facts.p;
  const far = teachers.find((one) => teacherMargin !== undefined && one.difference.low < -teacherMargin);
  const better = !tooFew && difference.mean > 0 && p < alpha;
  return {
    ...facts,
    passed: better && !far,
    reason:
      better && far
        ? `better than ${facts.baseline}, but it may be worse than its teacher ${far.name} by ${(-far.difference.low).toFixed(3)}, and ${teacherMargin} was allowed`
        : explain({ ...facts, p, passed: better }),
  };
}

function explain(
  facts: Pick<
    GateResult,
    'passed' | 'tooFew' | 'queries' | 'needed' | 'difference' | 'p' | 'alpha' | 'baseline' | 'together'
  >,
): string {
  const { passed, tooFew, queries, needed, p, alpha, baseline, together } = facts;
  if (tooFew)
    return `${queries} judged queries are too few: no outcome could give p < ${alpha}, for which ${needed} are needed`;
  const gain = facts.difference.mean;
  const by = `${Math.abs(gain).toFixed(3)}`;
  const raised = together ? `${formatP(p)} among ${together.students} students` : formatP(p);
  if (passed) return `better than ${baseline} by ${by}, p = ${raised}`;
  if (Math.abs(gain) < 0.0005) return `no different from ${baseline}`;
  if (gain < 0) return `worse than ${baseline} by ${by}`;
  return `better than ${baseline} by ${by}, but p = ${raised} is not below ${alpha}: it may be chance`;
}

const formatP = (p: number): string => (p < 0.001 ? p.toExponential(0) : p.toFixed(3));

/** The error that a command ends with, exit code 4; the student is written all the same. */
export function gateFailed(
  { student, reason }: Pick<GateResult, 'student' | 'reason'>,
  where: string,
): RankforgeError {
  return new RankforgeError('gate-failed', `Student ${student} did not pass its gate: ${reason}`, {
    where,
    hint: 'See docs/troubleshooting/gate-not-passed.md; the untrained ranking is free and at least as good.',
  });
}

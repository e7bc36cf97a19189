import { z } from 'zod';
import { RankforgeError } from '../core/errors.js';
import type { Qrels, Run } from '../core/run.js';
import { compareRuns } from '../evaluate/compare-runs.js';
import { evaluateRun } from '../evaluate/evaluate-run.js';

export const GateResult = z.strictObject({
  passed: z.boolean(),
  student: z.string(),
  /** The best untrained ranking on these queries. */
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
}

/**
 * The student against the best of the baselines on held-out judged queries: it passes when its mean is higher and a
 * paired randomisation test gives p < alpha. With so few queries that no outcome could, it fails and says so.
 * @throws RankforgeError `too-little-data` without baselines or when a run answers no judged query
 */
export function runGate(options: GateOptions): GateResult {
  const { student, qrels, seed, measure = 'nDCG@10', alpha = 0.05 } = options;
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
  const result = compareRuns(qrels, [student.run, options.baselines[baseline]!], measure, { seed });
  // Each query can only have its sign turned, so p is never below 2 / 2^n.
  const tooFew = 2 ** (1 - result.queries) >= alpha;
  const { difference, test } = result;
  const passed = !tooFew && difference.mean > 0 && test.p < alpha;
  return {
    passed,
    student: student.name,
    baseline,
    measure,
    studentMean: result.a.mean,
    baselineMeans: Object.fromEntries(means),
    difference,
    p: test.p,
    alpha,
    queries: result.queries,
    tooFew,
    reason: explain({
      passed,
      tooFew,
      queries: result.queries,
      gain: difference.mean,
      p: test.p,
      alpha,
      baseline,
    }),
  };
}

function explain(facts: {
  passed: boolean;
  tooFew: boolean;
  queries: number;
  gain: number;
  p: number;
  alpha: number;
  baseline: string;
}): string {
  const { passed, tooFew, queries, gain, p, alpha, baseline } = facts;
  if (tooFew) return `${queries} judged queries are too few: no outcome could give p < ${alpha}`;
  const by = `${Math.abs(gain).toFixed(3)}`;
  if (passed) return `better than ${baseline} by ${by}, p = ${formatP(p)}`;
  if (Math.abs(gain) < 0.0005) return `no different from ${baseline}`;
  if (gain < 0) return `worse than ${baseline} by ${by}`;
  return `better than ${baseline} by ${by}, but p = ${formatP(p)} is not below ${alpha}: it may be chance`;
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

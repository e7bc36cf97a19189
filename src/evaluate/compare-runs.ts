import type { Qrels, Run } from '../core/run.js';
import { type BootstrapOptions, bootstrapInterval, type Interval } from './bootstrap-interval.js';
import { type EvaluateOptions, evaluateRun } from './evaluate-run.js';
import { pairedRandomisationTest, type RandomisationResult } from './paired-randomisation-test.js';
import { type Measure, measure } from './parse-measure.js';

export interface RunComparison {
  readonly measure: string;
  readonly queries: number;
  /** Each run's mean and its interval. */
  readonly a: Interval;
  readonly b: Interval;
  /** mean(a) − mean(b) with the interval of the differences by query. */
  readonly difference: Interval;
  readonly test: RandomisationResult;
  /** Queries where a is better, equal, worse. */
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
}

/**
 * Whether run a is better than run b: difference, interval and p over the judged queries. With `missingQueries: 'skip'`
 * the queries that both answer.
 * @throws RankforgeError as `evaluateRun`
 */
export function compareRuns(
  qrels: Qrels,
  [runA, runB]: readonly [Run, Run],
  wanted: string | Measure,
  options: EvaluateOptions & BootstrapOptions,
): RunComparison {
  const chosen = typeof wanted === 'string' ? measure(wanted, options) : wanted;
  const [first, second] = [runA, runB].map((run) => evaluateRun(qrels, run, [chosen], options).perQuery);
  const shared = [...first!.keys()].filter((id) => second!.has(id));
  const a = shared.map((id) => first!.get(id)![chosen.name]!);
  const b = shared.map((id) => second!.get(id)![chosen.name]!);
  const differences = a.map((value, index) => value - b[index]!);
  return {
    measure: chosen.name,
    queries: shared.length,
    a: bootstrapInterval(a, options),
    b: bootstrapInterval(b, options),
    difference: bootstrapInterval(differences, options),
    test: pairedRandomisationTest(a, b, { seed: options.seed }),
    wins: differences.filter((value) => value > 0).length,
    ties: differences.filter((value) => value === 0).length,
    losses: differences.filter((value) => value < 0).length,
  };
}

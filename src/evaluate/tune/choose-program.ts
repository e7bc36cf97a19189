import type { Candidates } from '../../core/candidates.js';
import { RankforgeError } from '../../core/errors.js';
import type { JobOptions } from '../../core/progress.js';
import { type Random, randomStream } from '../../core/random.js';
import type { Qrels } from '../../core/run.js';
import { mean, orderByScore } from '../../core/vectors.js';
import type { Comparator } from '../../rerank/comparator.js';
import { type Plan, type PlanOptions, plan } from '../../rerank/plan.js';
import type { Group, Outcome } from '../../rerank/program.js';
import { parseProgram } from '../../rerank/programs/registry.js';
import { dryRun } from '../../rerank/run-program.js';
import { measure } from '../parse-measure.js';

/** What a program may take. */
export interface ProgramTargets {
  /** A query. */
  readonly calls?: number;
  /** All queries together. */
  readonly usd?: number;
}

export interface ChooseProgramOptions
  extends Pick<JobOptions, 'signal'>,
    Pick<PlanOptions, 'prices' | 'queries'> {
  readonly comparator: Pick<Comparator, 'cost' | 'sharedCosts' | 'maxGroup'>;
  /** Standard deviation of the comparator's error in grades, as `fitComparatorNoise` measures it. */
  readonly noise: number;
  readonly candidates: readonly Candidates[];
  /** Grades of the candidates; where a query has none, typical ones are drawn. */
  readonly qrels?: Qrels;
  readonly depth?: number;
  /** How many ranks matter: programs are compared by nDCG at this rank. @default 10 */
  readonly top?: number;
  readonly targets: ProgramTargets;
  /** Written forms to choose from. @default the usual shape of every listwise program */
  readonly programs?: readonly string[];
  /** Simulated runs of each query. @default 20 */
  readonly samples?: number;
  readonly seed: number;
}

/** What a program would take, and how good it would be. */
export interface ProgramForecast extends Pick<Plan, 'promptTokens' | 'outputTokens' | 'usd'> {
  readonly program: string;
  /** Of one query, the mean. */
  readonly calls: number;
  readonly rounds: number;
  /** nDCG at `top` under the noise, the mean of all simulated runs. */
  readonly quality: number;
  /** Whether it stays within the targets. */
  readonly fits: boolean;
}

const listwise = [
  'full',
  'sliding:20/10',
  'sliding:10/5',
  'tdpart:20',
  'tournament',
  'blocks:20',
  'setwise-heap@10',
  'swiss:20',
  'adaptive',
];

/**
 * The programs by what they would reach under a comparator's noise, those within the targets first, the best of them at the
 * top; of equally good ones the one with fewer calls. Nothing is sent: the noise is simulated on the grades of judged
 * queries, or on typical lists where there are none (P(relevant) falls from .7 at rank 1 to .1 at rank 100).
 * @throws RankforgeError `usage` without a target that can be met; what `plan` throws
 */
export function chooseProgram(options: ChooseProgramOptions): ProgramForecast[] {
  const { candidates, comparator, depth, prices, queries = candidates.length, targets, signal } = options;
  const forecasts = (options.programs ?? listwise).flatMap((spec): ProgramForecast[] => {
    signal?.throwIfAborted();
    const program = parseProgram(spec);
    if (tooWide(spec, options)) return [];
    const planned = plan({ program, comparator, candidates, depth, prices, queries, signal });
    const calls = planned.calls / queries;
    return [
      {
        program: spec,
        calls,
        rounds: planned.rounds,
        promptTokens: planned.promptTokens,
        outputTokens: planned.outputTokens,
        usd: planned.usd,
        quality: simulate(spec, options),
        fits:
          calls <= (targets.calls ?? Number.POSITIVE_INFINITY) &&
          planned.usd <= (targets.usd ?? Number.POSITIVE_INFINITY),
      },
    ];
  });
  if (!forecasts.some(({ fits }) => fits)) {
    const fewest = Math.min(...forecasts.map(({ calls }) => calls));
    const cheapest = Math.min(...forecasts.map(({ usd }) => usd));
    throw new RankforgeError('usage', 'No program stays within the targets', {
      hint: `The least is ${fewest.toFixed(1)} calls a query, and ${cheapest.toFixed(4)} US dollars in all: raise the target, or rerank fewer candidates.`,
    });
  }
  return forecasts.sort(
    (a, b) => Number(b.fits) - Number(a.fits) || b.quality - a.quality || a.calls - b.calls,
  );
}

/** Whether a program's groups hold more than the comparator does. */
function tooWide(spec: string, { candidates, comparator, depth }: ChooseProgramOptions): boolean {
  const { maxGroup = Number.POSITIVE_INFINITY } = comparator;
  const n = Math.max(0, ...candidates.map(({ items }) => Math.min(items.length, depth ?? items.length)));
  return dryRun(parseProgram(spec), n)
    .rounds.flat()
    .some((group) => group.length > maxGroup);
}

function simulate(spec: string, options: ChooseProgramOptions): number {
  const { candidates, noise, qrels, depth, top = 10, samples = 20, seed } = options;
  const ndcg = measure(`nDCG@${top}`);
  const values = candidates.flatMap(({ query, items }) => {
    const judged = qrels?.get(query.id);
    return Array.from({ length: samples }, (_, sample) => {
      const grades = items.map(
        ({ passage }, rank) =>
          judged?.get(passage.id) ??
          (judged ? 0 : typicalGrade(rank, randomStream(seed, 'grade', sample, rank))),
      );
      const n = Math.min(items.length, depth ?? items.length);
      // The same program errs anew in each comparison, and every program errs alike in the same one.
      const answer = (group: Group): Outcome => {
        const random = randomStream(seed, 'noise', query.id, sample, ...[...group].sort((a, b) => a - b));
        const errors = new Map(
          [...group].sort((a, b) => a - b).map((item) => [item, noise * random.normal()]),
        );
        const felt = group.map((item) => grades[item]! + errors.get(item)!);
        // A listwise comparator's scores are relative to the group that it saw.
        const centre = mean(felt);
        const scores = felt.map((score) => score - centre);
        return { order: orderByScore(scores).map((position) => group[position]!), scores };
      };
      const { order } = dryRun(parseProgram(spec, { seed: sample }), n, answer).final;
      const ids = [...order, ...items.slice(n).map((_, index) => n + index)].map(String);
      return ndcg.of(ids, new Map(grades.map((grade, item) => [String(item), grade])));
    });
  });
  return mean(values);
}

/** A first stage's list as it often is: relevant passages thin out with the rank, from 1, and half of them are grade 1. */
function typicalGrade(rank: number, random: Random): number {
  const relevant = 0.1 + 0.6 * Math.exp(-rank / 15);
  if (random.next() >= relevant) return 0;
  const share = random.next();
  return share < 0.5 ? 1 : share < 0.8 ? 2 : 3;
}

import type { Candidates } from '../core/candidates.js';
import type { JobOptions } from '../core/progress.js';
import { mean } from '../core/vectors.js';
import { addCosts, type ComparisonCost, type SharedCost, timesCost } from './comparison-cost.js';
import { dryRuns, type PlannedComparator, planQuery, type QueryRun } from './plan-query.js';
import type { Program } from './program.js';
import { parseProgram } from './programs/registry.js';

/** US dollars per million tokens. */
export interface Prices {
  readonly input: number;
  readonly output: number;
}

export interface PlanOptions extends Pick<JobOptions, 'signal'> {
  readonly program: Program | string;
  readonly comparator: PlannedComparator;
  /** One query's candidates, or those of several: what will be reranked, or a sample that stands for it. */
  readonly candidates: Candidates | Iterable<Candidates>;
  readonly depth?: number;
  /** @default free */
  readonly prices?: Prices;
  /** Queries in all, where `candidates` is a sample of them. @default those given */
  readonly queries?: number;
}

export interface PlannedWork {
  readonly calls: number;
  /** Rounds of one query, the mean: calls of a round run in parallel. */
  readonly rounds: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly usd: number;
}

/** What a reranking will take, before anything is sent. All queries together, retries and the ledger left out. */
export interface Plan extends PlannedWork {
  readonly queries: number;
  /**
   * The most that it will take, whatever the outcomes; the plan itself where that is exact. Each comparison is counted
   * as one of the passages that cost the most, so tokens are a bound where more or longer passages cost no fewer; where
   * passages are cut to fit the context, it may be a few tokens short. Reply tokens are as sure as those of the plan.
   * Absent for a program of one's own whose calls hang on outcomes and that states no bound. That of a sample is scaled as
   * all else is: it bounds the sample's queries, and other queries as far as theirs are like them.
   */
  readonly most?: PlannedWork;
  /**
   * Which figures are exact. Calls are where the program's groups do not hang on outcomes; prompt tokens where, on top
   * of it, each passage is seen as often whatever the outcomes (`full`, `pointwise`). In windows that carry passages
   * along they are the mean over five dry runs with other outcomes. A sample scaled up makes nothing exact. Output
   * tokens of a written ranking are those of the ranking alone.
   */
  readonly exact: { readonly calls: boolean; readonly promptTokens: boolean };
  /**
   * Which figures are the most that may be taken, and not what to expect: `reason` counts all its room for thinking. Where
   * reply tokens are, so is `usd`.
   */
  readonly atMost: { readonly outputTokens: boolean };
}

/**
 * Counts what a reranking would send, by running the program dry.
 * @throws RankforgeError `unknown-name`, `context-overflow`, `usage` also for a program of too many comparisons
 */
export function plan(options: PlanOptions): Plan {
  const program = typeof options.program === 'string' ? parseProgram(options.program) : options.program;
  const given = isCandidates(options.candidates) ? [options.candidates] : [...options.candidates];
  const plans = given.map((candidates) => {
    options.signal?.throwIfAborted();
    return planQuery(program, options, candidates);
  });
  const queries = options.queries ?? given.length;
  const scale = given.length === 0 ? 0 : queries / given.length;
  const sharedBy = costsOfShared();
  const expected = Array.from({ length: dryRuns }, (_, run) => plans.map(({ runs }) => runs[run]!));
  const most = plans.flatMap((one) => one.most ?? []);
  const parts = partsOf(expected, scale, sharedBy);
  const whole = scale === 1;
  return {
    queries,
    ...totalOf(parts, expected, options.prices),
    ...(most.length === plans.length && {
      most: totalOf(partsOf([most], scale, sharedBy), [most], options.prices),
    }),
    exact: {
      calls: whole && plans.every((one) => one.exactCalls),
      promptTokens: whole && plans.every((one) => one.exactTokens),
    },
    atMost: { outputTokens: parts.some(({ cost }) => cost.atMost === true) },
  };
}

interface Part {
  readonly cost: ComparisonCost;
  readonly times: number;
}

type SharedCosts = ReturnType<typeof costsOfShared>;

/** @param runs by dry run, the queries */
function partsOf(runs: readonly (readonly QueryRun[])[], scale: number, sharedBy: SharedCosts): Part[] {
  const among = (who: SharedCost['among']): ComparisonCost =>
    meanCost(runs.map((queries) => sharedBy(queries, who)));
  return [
    { cost: meanCost(runs.map((queries) => addCosts(queries.map(({ own }) => own)))), times: scale },
    { cost: among('query'), times: scale },
    // What all queries share is there once, however many the sample stands for.
    { cost: among('all'), times: Math.min(scale, 1) },
  ];
}

function totalOf(
  parts: readonly Part[],
  runs: readonly (readonly QueryRun[])[],
  { input, output }: Prices = { input: 0, output: 0 },
): PlannedWork {
  const sum = (of: (cost: ComparisonCost) => number): number =>
    parts.reduce((total, { cost, times }) => total + of(cost) * times, 0);
  const [promptTokens, outputTokens] = [sum((cost) => cost.promptTokens), sum((cost) => cost.outputTokens)];
  return {
    calls: Math.round(sum((cost) => cost.calls)),
    rounds:
      runs[0]!.length === 0 ? 0 : mean(runs.map((queries) => mean(queries.map(({ rounds }) => rounds)))),
    promptTokens: Math.round(promptTokens),
    outputTokens: Math.round(outputTokens),
    usd: (promptTokens * input + outputTokens * output) / 1e6,
  };
}

/** What the queries of a run share, each key counted once; what a key costs is kept. */
function costsOfShared() {
  const costs = new Map<string, ComparisonCost>();
  const costOf = (one: SharedCost): ComparisonCost => {
    const cost = costs.get(one.key) ?? one.cost();
    costs.set(one.key, cost);
    return cost;
  };
  return (queries: readonly QueryRun[], among: SharedCost['among']): ComparisonCost => {
    const all = new Map(queries.flatMap(({ shared }) => [...shared]));
    return addCosts([...all.values()].filter((one) => one.among === among).map(costOf));
  };
}

const meanCost = (costs: readonly ComparisonCost[]): ComparisonCost =>
  timesCost(addCosts(costs), 1 / costs.length);

const isCandidates = (value: Candidates | Iterable<Candidates>): value is Candidates => 'items' in value;

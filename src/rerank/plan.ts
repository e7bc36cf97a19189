import type { Candidates } from '../core/candidates.js';
import type { JobOptions } from '../core/progress.js';
import { randomStream, shuffle } from '../core/random.js';
import { mean } from '../core/vectors.js';
import type { Comparator } from './comparator.js';
import { addCosts, type ComparisonCost, type SharedCost } from './comparison-cost.js';
import type { Group, Outcome, Program } from './program.js';
import { parseProgram } from './programs/registry.js';
import { dryRun } from './run-program.js';

/** US dollars per million tokens. */
export interface Prices {
  readonly input: number;
  readonly output: number;
}

export interface PlanOptions extends Pick<JobOptions, 'signal'> {
  readonly program: Program | string;
  readonly comparator: Pick<Comparator, 'cost' | 'sharedCosts'>;
  /** One query's candidates, or those of several: what will be reranked, or a sample that stands for it. */
  readonly candidates: Candidates | Iterable<Candidates>;
  readonly depth?: number;
  /** @default free */
  readonly prices?: Prices;
  /** Queries in all, where `candidates` is a sample of them. @default those given */
  readonly queries?: number;
}

/** What a reranking will take, before anything is sent. All queries together, retries and the ledger left out. */
export interface Plan {
  readonly queries: number;
  readonly calls: number;
  /** Rounds of one query, the mean: calls of a round run in parallel. */
  readonly rounds: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly usd: number;
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

/** One that keeps every order, and four that shuffle. */
const dryRuns = 5;

/**
 * Counts what a reranking would send, by running the program dry.
 * @throws RankforgeError `unknown-name`, `context-overflow`, `usage` also for a program of too many comparisons
 */
export function plan(options: PlanOptions): Plan {
  const program = typeof options.program === 'string' ? parseProgram(options.program) : options.program;
  const given = isCandidates(options.candidates) ? [options.candidates] : [...options.candidates];
  const plans = given.map((candidates) => {
    options.signal?.throwIfAborted();
    return planOne(program, options, candidates);
  });
  const queries = options.queries ?? given.length;
  const scale = given.length === 0 ? 0 : queries / given.length;
  // What all queries share is there once, however many the sample stands for.
  const parts = [
    ...plans.map((one) => ({ cost: meanCost(one.runs.map(({ own }) => own)), times: scale })),
    { cost: meanShared(plans, 'query'), times: scale },
    { cost: meanShared(plans, 'all'), times: Math.min(scale, 1) },
  ];
  const sum = (of: (cost: ComparisonCost) => number): number =>
    parts.reduce((total, { cost, times }) => total + of(cost) * times, 0);
  const [promptTokens, outputTokens] = [sum((cost) => cost.promptTokens), sum((cost) => cost.outputTokens)];
  const { input, output } = options.prices ?? { input: 0, output: 0 };
  const whole = scale === 1;
  return {
    queries,
    calls: Math.round(sum((cost) => cost.calls)),
    rounds: plans.length === 0 ? 0 : mean(plans.map(({ runs }) => mean(runs.map(({ rounds }) => rounds)))),
    promptTokens: Math.round(promptTokens),
    outputTokens: Math.round(outputTokens),
    usd: (promptTokens * input + outputTokens * output) / 1e6,
    exact: {
      calls: whole && plans.every((one) => one.exactCalls),
      promptTokens: whole && plans.every((one) => one.exactTokens),
    },
    atMost: { outputTokens: parts.some(({ cost }) => cost.atMost === true) },
  };
}

interface QueryPlan {
  /** By dry run. */
  readonly runs: readonly QueryRun[];
  readonly exactCalls: boolean;
  readonly exactTokens: boolean;
}

interface QueryRun {
  readonly own: ComparisonCost;
  readonly shared: ReadonlyMap<string, SharedCost>;
  readonly rounds: number;
}

function planOne(
  program: Program,
  { comparator, depth }: PlanOptions,
  { query, items }: Candidates,
): QueryPlan {
  const costs = new Map<string, { readonly own: ComparisonCost; readonly shared: readonly SharedCost[] }>();
  const costOf = (group: Group) => {
    const key = group.join(' ');
    const known = costs.get(key);
    if (known) return known;
    const passages = group.map((item) => items[item]!.passage);
    const cost = {
      own: comparator.cost(query, passages),
      shared: comparator.sharedCosts?.(query, passages) ?? [],
    };
    costs.set(key, cost);
    return cost;
  };
  const n = Math.min(items.length, depth ?? items.length);
  const runs = Array.from({ length: dryRuns }, (_, sample) => {
    const { rounds } = dryRun(program, n, (group) => answer(group, sample));
    const groups = rounds.flat();
    const found = groups.map(costOf);
    const seen = groups.map((group) => [...group].sort((a, b) => a - b).join(' ')).join();
    return {
      own: addCosts(found.map(({ own }) => own)),
      shared: new Map(found.flatMap(({ shared }) => shared.map((one) => [one.key, one] as const))),
      rounds: rounds.filter((groups) => groups.length > 0).length,
      seen,
    };
  });
  const same = (of: (run: (typeof runs)[number]) => number | string) =>
    runs.every((run) => of(run) === of(runs[0]!));
  return {
    runs,
    exactCalls:
      same(({ own }) => own.calls) &&
      same(({ rounds }) => rounds) &&
      same(({ shared }) => [...shared.keys()].sort().join()),
    exactTokens: same(({ seen }) => seen),
  };
}

/** What the queries share, each key counted once: the mean over the dry runs. */
function meanShared(plans: readonly QueryPlan[], among: SharedCost['among']): ComparisonCost {
  const costs = new Map<string, ComparisonCost>();
  const costOf = (one: SharedCost): ComparisonCost => {
    const cost = costs.get(one.key) ?? one.cost();
    costs.set(one.key, cost);
    return cost;
  };
  return meanCost(
    Array.from({ length: dryRuns }, (_, run) => {
      const all = new Map(plans.flatMap(({ runs }) => [...runs[run]!.shared]));
      return addCosts([...all.values()].filter((one) => one.among === among).map(costOf));
    }),
  );
}

function meanCost(costs: readonly ComparisonCost[]): ComparisonCost {
  const all = addCosts(costs);
  const share = (value: number): number => value / costs.length;
  return {
    ...all,
    calls: share(all.calls),
    promptTokens: share(all.promptTokens),
    outputTokens: share(all.outputTokens),
  };
}

/** The first dry run keeps every order, the others shuffle it: what is carried along then differs. */
function answer(group: Group, sample: number): Outcome {
  const order = sample === 0 ? group : shuffle(group, randomStream(sample, 'plan', ...group));
  const place = new Map(order.map((item, index) => [item, index]));
  return { order, scores: group.map((item) => -place.get(item)!) };
}

const isCandidates = (value: Candidates | Iterable<Candidates>): value is Candidates => 'items' in value;

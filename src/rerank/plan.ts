import type { Candidates } from '../core/candidates.js';
import type { JobOptions } from '../core/progress.js';
import { randomStream, shuffle } from '../core/random.js';
import type { Comparator, ComparisonCost } from './comparator.js';
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
  readonly comparator: Pick<Comparator, 'cost'>;
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
}

const shuffledRuns = 4;

/** Counts what a reranking would send, by running the program dry. @throws RankforgeError `unknown-name`, `usage`, `context-overflow` */
export function plan(options: PlanOptions): Plan {
  const program = typeof options.program === 'string' ? parseProgram(options.program) : options.program;
  const given = isCandidates(options.candidates) ? [options.candidates] : [...options.candidates];
  const plans = given.map((candidates) => {
    options.signal?.throwIfAborted();
    return planOne(program, options, candidates);
  });
  const queries = options.queries ?? given.length;
  const scale = given.length === 0 ? 0 : queries / given.length;
  const sum = (of: (one: QueryPlan) => number): number =>
    plans.reduce((total, one) => total + of(one), 0) * scale;
  const [promptTokens, outputTokens] = [sum((one) => one.promptTokens), sum((one) => one.outputTokens)];
  const { input, output } = options.prices ?? { input: 0, output: 0 };
  const whole = scale === 1;
  return {
    queries,
    calls: Math.round(sum((one) => one.calls)),
    rounds: queries === 0 ? 0 : sum((one) => one.rounds) / queries,
    promptTokens: Math.round(promptTokens),
    outputTokens: Math.round(outputTokens),
    usd: (promptTokens * input + outputTokens * output) / 1e6,
    exact: {
      calls: whole && plans.every((one) => one.exactCalls),
      promptTokens: whole && plans.every((one) => one.exactTokens),
    },
  };
}

interface QueryPlan extends ComparisonCost {
  readonly rounds: number;
  readonly exactCalls: boolean;
  readonly exactTokens: boolean;
}

function planOne(
  program: Program,
  { comparator, depth }: PlanOptions,
  { query, items }: Candidates,
): QueryPlan {
  const costs = new Map<string, ComparisonCost>();
  const costOf = (group: Group): ComparisonCost => {
    const key = group.join(' ');
    const cost =
      costs.get(key) ??
      comparator.cost(
        query,
        group.map((item) => items[item]!.passage),
      );
    costs.set(key, cost);
    return cost;
  };
  const n = Math.min(items.length, depth ?? items.length);
  const runs = Array.from({ length: 1 + shuffledRuns }, (_, sample) => {
    const { rounds } = dryRun(program, n, (group) => answer(group, sample));
    const groups = rounds.flat();
    const total = groups.map(costOf).reduce(add, { calls: 0, promptTokens: 0, outputTokens: 0 });
    const seen = groups.map((group) => [...group].sort((a, b) => a - b).join(' ')).join();
    return { ...total, rounds: rounds.filter((groups) => groups.length > 0).length, seen };
  });
  const mean = (of: (run: (typeof runs)[number]) => number) =>
    runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  const same = (of: (run: (typeof runs)[number]) => number | string) =>
    runs.every((run) => of(run) === of(runs[0]!));
  return {
    calls: mean((run) => run.calls),
    promptTokens: mean((run) => run.promptTokens),
    outputTokens: mean((run) => run.outputTokens),
    rounds: mean((run) => run.rounds),
    exactCalls: same((run) => run.calls) && same((run) => run.rounds),
    exactTokens: same((run) => run.seen),
  };
}

/** The first dry run keeps every order, the others shuffle it: what is carried along then differs. */
function answer(group: Group, sample: number): Outcome {
  const order = sample === 0 ? group : shuffle(group, randomStream(sample, 'plan', ...group));
  const place = new Map(order.map((item, index) => [item, index]));
  return { order, scores: group.map((item) => -place.get(item)!) };
}

const add = (a: ComparisonCost, b: ComparisonCost): ComparisonCost => ({
  calls: a.calls + b.calls,
  promptTokens: a.promptTokens + b.promptTokens,
  outputTokens: a.outputTokens + b.outputTokens,
});

const isCandidates = (value: Candidates | Iterable<Candidates>): value is Candidates => 'items' in value;

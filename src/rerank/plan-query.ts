import type { Candidates } from '../core/candidates.js';
import type { Passage } from '../core/passage.js';
import { randomStream, shuffle } from '../core/random.js';
import { orderByScore } from '../core/vectors.js';
import type { Comparator } from './comparator.js';
import { addCosts, type ComparisonCost, type SharedCost, timesCost } from './comparison-cost.js';
import type { Group, Outcome, Program } from './program.js';
import { dryRun } from './run-program.js';

/** One that keeps every order, and four that shuffle. */
export const dryRuns = 5;

/** What a plan asks of a comparator. */
export type PlannedComparator = Pick<Comparator, 'cost' | 'sharedCosts'>;

export interface PlanQueryOptions {
  readonly comparator: PlannedComparator;
  readonly depth?: number;
}

export interface QueryPlan {
  /** By dry run. */
  readonly runs: readonly QueryRun[];
  /** No run takes more. */
  readonly most: QueryRun | undefined;
  readonly exactCalls: boolean;
  readonly exactTokens: boolean;
}

export interface QueryRun {
  readonly own: ComparisonCost;
  readonly shared: ReadonlyMap<string, SharedCost>;
  readonly rounds: number;
}

/** What one query's candidates will take. @throws RankforgeError `usage` for a program of too many comparisons */
export function planQuery(
  program: Program,
  { comparator, depth }: PlanQueryOptions,
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
  const bound = program.most?.(n);
  const runs = Array.from({ length: dryRuns }, (_, sample) => {
    const { rounds } = dryRun(program, n, (group) => answer(group, sample));
    const groups = rounds.flat();
    const found = groups.map(costOf);
    const seen = groups.map((group) => [...group].sort((a, b) => a - b).join(' ')).join();
    return {
      own: addCosts(found.map(({ own }) => own)),
      shared: new Map(found.flatMap(({ shared }) => shared.map((one) => [one.key, one] as const))),
      rounds: rounds.filter((groups) => groups.length > 0).length,
      sizes: groups.map(({ length }) => length),
      seen,
    };
  });
  const same = (of: (run: (typeof runs)[number]) => number | string) =>
    runs.every((run) => of(run) === of(runs[0]!));
  const [first] = runs as [(typeof runs)[number]];
  const exactCalls =
    same(({ own }) => own.calls) &&
    same(({ rounds }) => rounds) &&
    same(({ shared }) => [...shared.keys()].sort().join()) &&
    // Runs that agree below the bound are not all runs.
    (!bound || (first.sizes.length === bound.comparisons && first.rounds === bound.rounds));
  const exactTokens = exactCalls && same(({ seen }) => seen);
  const costliest = (): QueryRun | undefined => {
    if (exactTokens) return first;
    const passages = items.slice(0, n).map(({ passage }) => passage);
    if (exactCalls)
      return { ...first, own: costliestComparisons(countBy(first.sizes), { comparator, query, passages }) };
    if (!bound) return undefined;
    const { comparisons, rounds, group } = bound;
    // Which sizes come up is not known: what they share is, by the size.
    const shared = Array.from({ length: group }, (_, fewer) => passages.slice(0, fewer + 1)).flatMap(
      (some) => comparator.sharedCosts?.(query, some) ?? [],
    );
    return {
      own: costliestComparisons(new Map([[group, comparisons]]), { comparator, query, passages }),
      shared: new Map(shared.map((one) => [one.key, one] as const)),
      rounds,
    };
  };
  return { runs, most: costliest(), exactCalls, exactTokens };
}

const countBy = (sizes: readonly number[]): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const size of sizes) counts.set(size, (counts.get(size) ?? 0) + 1);
  return counts;
};

interface Comparable extends Pick<Candidates, 'query'> {
  readonly comparator: PlannedComparator;
  readonly passages: readonly Passage[];
}

/** @param counts how many comparisons there are, by their size: each is taken to be of the passages that cost the most */
function costliestComparisons(
  counts: ReadonlyMap<number, number>,
  { comparator, query, passages }: Comparable,
): ComparisonCost {
  const prices = passages.map((passage) => {
    const { promptTokens, outputTokens } = comparator.cost(query, [passage, passage]);
    return promptTokens + outputTokens;
  });
  const costliest = orderByScore(prices).map((index) => passages[index]!);
  return addCosts(
    [...counts].map(([size, count]) => timesCost(comparator.cost(query, costliest.slice(0, size)), count)),
  );
}

/** The first dry run keeps every order, the others shuffle it: what is carried along then differs. */
function answer(group: Group, sample: number): Outcome {
  const order = sample === 0 ? group : shuffle(group, randomStream(sample, 'plan', ...group));
  const place = new Map(order.map((item, index) => [item, index]));
  return { order, scores: group.map((item) => -place.get(item)!) };
}

import { randomStream, shuffle } from '../../core/random.js';
import { type AggregationName, aggregations } from '../aggregate/registry.js';
import { checkGroupCount } from '../group-limit.js';
import type { Group, Program, ProgramRun } from '../program.js';
import type { ProgramEntry } from './entry.js';
import { full } from './full.js';
import { allItems, byScore, checkNumber, deal, inOrder } from './grouping.js';

export interface BlocksOptions {
  /** Passages per block at most. @default 20 */
  readonly size?: number;
  /** Blocks that each passage is in. @default 4 */
  readonly replicas?: number;
  /** @default 'pagerank' */
  readonly aggregation?: AggregationName;
  readonly seed?: number;
}

/**
 * Overlapping blocks, all in one round: each replica cuts a shuffle of all items into blocks of one size (they differ
 * by one at most), so every item is in as many, and the blocks' orders are aggregated. `replicas` · ⌈n / size⌉ calls;
 * what fits in one block is one call.
 * @throws RankforgeError `usage` for numbers out of range
 * @see Dedov 2025, "JointRank", arXiv:2506.22262
 */
export function blocks({
  size = 20,
  replicas = 4,
  aggregation = 'pagerank',
  seed = 0,
}: BlocksOptions = {}): Program {
  checkNumber(size, 'The block', { least: 2 });
  checkNumber(replicas, 'The number of replicas', { least: 1 });
  return function* (n): ProgramRun {
    if (n <= size) return yield* full(n);
    checkGroupCount(replicas * Math.ceil(n / size));
    const groups = design(n, { size, replicas, seed });
    const outcomes = yield groups;
    const meetings = groups.map((group, index) => ({ group, outcome: outcomes[index]! }));
    return byScore(aggregations[aggregation](meetings, n));
  };
}

function design(
  n: number,
  { size, replicas, seed }: Required<Pick<BlocksOptions, 'size' | 'replicas' | 'seed'>>,
): Group[] {
  return Array.from({ length: replicas }, (_, replica) => {
    const items = shuffle(allItems(n), randomStream(seed, 'blocks', replica));
    return deal(items, Math.ceil(n / size))
      .filter(({ length }) => length > 1)
      .map(inOrder);
  }).flat();
}

const words = Object.keys(aggregations) as AggregationName[];

export const blocksEntry: ProgramEntry = {
  form: `blocks[:SIZE[/REPLICAS]][/${words.join('|')}][@TOP]`,
  summary: 'overlapping blocks, all at once, their orders aggregated',
  numbers: 2,
  words,
  create: ([size, replicas], { seed }, word) =>
    blocks({ size, replicas, seed, aggregation: words.find((name) => name === word) }),
};

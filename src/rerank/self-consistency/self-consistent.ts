import { RankforgeError } from '../../core/errors.js';
import { randomStream, shuffle } from '../../core/random.js';
import { orderByScore } from '../../core/vectors.js';
import { kemeny } from '../aggregate/kemeny.js';
import type { Aggregation } from '../aggregate/meetings.js';
import { checkGroupCount } from '../group-limit.js';
import {
  bounded,
  type FinalOrder,
  type Group,
  type Outcome,
  type Program,
  type ProgramRun,
} from '../program.js';

export interface SelfConsistencyOptions {
  /** Random orders of the candidates that the program is run on. @default 5 */
  readonly shuffles?: number;
  /** @default 0 */
  readonly seed?: number;
  /** How the rankings become one. @default Kemeny's central ranking */
  readonly aggregate?: Aggregation;
}

/**
 * Permutation self-consistency: the program is run on several seeded shuffles of the candidates, and the ranking that
 * disagrees least with all of theirs is the answer: what position decides falls out. A program itself, so that it is
 * planned, simulated and given a ceiling as any other. The shuffles are run side by side: `shuffles` times the calls, in
 * as many rounds. A run with a failed comparison has no vote.
 * @throws RankforgeError `usage` for `shuffles` below 1
 * @see Tang et al. 2024, arXiv:2310.07712
 */
export function selfConsistent(
  program: Program,
  { shuffles = 5, seed = 0, aggregate = kemeny }: SelfConsistencyOptions = {},
): Program {
  if (!(Number.isInteger(shuffles) && shuffles >= 1)) {
    throw new RankforgeError('usage', `The candidates cannot be shuffled ${shuffles} times`, {
      hint: 'Give a whole number from 1.',
    });
  }
  const { most } = program;
  function* run(n: number): ProgramRun {
    if (n < 2) return yield* program(n);
    // Every shuffle compares at least once.
    checkGroupCount(shuffles);
    const all = [...Array(n).keys()];
    const runs = Array.from({ length: shuffles }, (_, time) =>
      startShuffled(program, shuffle(all, randomStream(seed, 'self-consistency', n, time))),
    );
    while (runs.some(({ groups }) => groups)) {
      const outcomes = yield runs.flatMap(({ groups }) => groups ?? []);
      let taken = 0;
      for (const run of runs) {
        if (!run.groups) continue;
        const own = outcomes.slice(taken, taken + run.groups.length);
        taken += own.length;
        run.answer(own);
      }
    }
    const votes = runs.map(({ order, failed }) => ({
      group: all,
      outcome: failed ? { order: order!, failed } : { order: order! },
    }));
    const scores = aggregate(votes, n);
    const order = orderByScore(scores.map((score) => score ?? Number.NEGATIVE_INFINITY));
    return scores.every((score) => score !== undefined) ? { order, scores } : { order };
  }
  if (!most) return run;
  return bounded(run, (n) => ({ ...most(n), comparisons: shuffles * most(n).comparisons }));
}

interface ShuffledRun {
  /** What it asks for now, in items; absent when it is done. */
  readonly groups: readonly Group[] | undefined;
  /** Its ranking of all items, when it is done. */
  readonly order: readonly number[] | undefined;
  readonly failed: true | undefined;
  answer(outcomes: readonly Outcome[]): void;
}

/** A run of a program that knows item `items[i]` as i. */
function startShuffled(program: Program, items: readonly number[]): ShuffledRun {
  const nameOf: number[] = [];
  items.forEach((item, name) => {
    nameOf[item] = name;
  });
  const run = program(items.length);
  let step: IteratorResult<readonly Group[], FinalOrder> = run.next();
  let failed: true | undefined;
  return {
    get groups() {
      return step.done ? undefined : step.value.map((group) => group.map((name) => items[name]!));
    },
    get order() {
      return step.done ? step.value.order.map((name) => items[name]!) : undefined;
    },
    get failed() {
      return failed;
    },
    answer(outcomes) {
      if (outcomes.some((outcome) => outcome.failed)) failed = true;
      step = run.next(
        outcomes.map((outcome) => ({ ...outcome, order: outcome.order.map((item) => nameOf[item]!) })),
      );
    },
  };
}

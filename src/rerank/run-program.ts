import { RankforgeError } from '../core/errors.js';
import { checkGroupCount } from './group-limit.js';
import type { FinalOrder, Group, Outcome, Program } from './program.js';

export interface DryRun {
  readonly rounds: readonly (readonly Group[])[];
  readonly final: FinalOrder;
}

/**
 * Runs a program without a comparator: each group is answered by `answer`.
 * @param answer @default keeps the order shown, with equal scores
 * @throws RankforgeError `usage` for a program of too many comparisons
 */
export function dryRun(program: Program, n: number, answer: (group: Group) => Outcome = keep): DryRun {
  const rounds: (readonly Group[])[] = [];
  const run = program(n);
  let step = run.next();
  let count = 0;
  while (!step.done) {
    const groups = step.value;
    count += groups.length;
    checkGroupCount(count);
    rounds.push(groups);
    step = run.next(groups.map(answer));
  }
  return { rounds, final: step.value };
}

const keep = (group: Group): Outcome => ({ order: group, scores: group.map(() => 0) });

/** @throws RankforgeError `unsupported` for a program whose final order is no permutation of its items */
export function checkFinalOrder({ order }: FinalOrder, n: number): void {
  const seen = new Set(order);
  if (
    order.length === n &&
    seen.size === n &&
    order.every((item) => Number.isInteger(item) && item >= 0 && item < n)
  )
    return;
  throw new RankforgeError('unsupported', `The program lost or repeated some of ${n} items`, {
    hint: 'A program returns each item once: correct it.',
  });
}

import { randomStream } from '../../../src/core/random.js';
import type { Group, Outcome } from '../../../src/rerank/program.js';

/** Orders a group by these values, highest first; ties keep the order shown. */
export const perfect =
  (values: readonly number[]) =>
  (group: Group): Outcome => ({
    order: byValue(group, (item) => values[item]!),
    scores: group.map((item) => values[item]!),
  });

/** The same order, and nothing else. */
export const ordersOnly =
  (values: readonly number[]) =>
  (group: Group): Outcome => ({ order: perfect(values)(group).order });

/** Learns the best alone, as a setwise comparator does: the others follow as shown. */
export const bestOnly =
  (values: readonly number[]) =>
  (group: Group): Outcome => {
    const best = perfect(values)(group).order[0]!;
    return { order: [best, ...group.filter((item) => item !== best)] };
  };

/** P(wins) of a pair, ½ where both are alike. */
export const probabilities =
  (values: readonly number[]) =>
  (group: Group): Outcome => {
    const [a, b] = group.map((item) => values[item]!);
    const first = 1 / (1 + Math.exp(b! - a!));
    return { order: first >= 0.5 ? group : [...group].reverse(), scores: [first, 1 - first] };
  };

/** Errs by a normal standard deviation, drawn anew for every call. */
export const noisy = (values: readonly number[], deviation: number, seed = 0) => {
  const random = randomStream(seed, 'noisy answers');
  return (group: Group): Outcome => {
    const scores = group.map((item) => values[item]! + deviation * random.normal());
    return { order: byValue(group, (item) => scores[group.indexOf(item)]!), scores };
  };
};

/** Fails one call in so many, chosen by the group. */
export const failing =
  (answer: (group: Group) => Outcome, oneIn: number) =>
  (group: Group): Outcome =>
    randomStream(1, ...group).int(oneIn) === 0 ? { order: group, failed: true } : answer(group);

const byValue = (group: Group, value: (item: number) => number): number[] =>
  [...group].sort((a, b) => value(b) - value(a) || group.indexOf(a) - group.indexOf(b));

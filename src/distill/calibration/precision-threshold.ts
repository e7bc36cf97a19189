import { makeFolds } from '../../core/folds.js';
import { randomStream } from '../../core/random.js';
import type { HeldOutList } from '../../rerank/calibration/calibrate.js';
import { clopperPearson } from './clopper-pearson.js';

export interface PrecisionThresholdOptions {
  readonly seed: number;
  /** Of queries that each choice is tried on in turn. @default 5 */
  readonly folds?: number;
  /** @default 0.95 */
  readonly level?: number;
}

/** From which probability on passages are shown, and what that was worth on queries that the choice had not seen. */
export interface PrecisionThreshold {
  /** The precision that was asked for, (0, 1). */
  readonly wanted: number;
  /** Show what is at least so probable. Absent where no probability is high enough. */
  readonly probability?: number;
  /** Share of what was shown that is relevant, with its interval. */
  readonly precision: number;
  readonly low: number;
  readonly high: number;
  /** Share of the relevant that was shown. */
  readonly recall: number;
  /** Passages shown, over all held-out queries. */
  readonly shown: number;
}

/**
 * The lowest probability from which on the wanted share is relevant. A choice flatters itself on the queries that made it, so
 * its precision is that of choices made on the other folds. The interval is Clopper and Pearson's for as many passages as these
 * are worth: those of one query are alike, which counts as fewer.
 * @see Korn & Graubard 1998, "Confidence intervals for proportions with small expected number of positive counts"
 */
export function precisionThreshold(
  lists: readonly HeldOutList[],
  wanted: number,
  { seed, folds: count = 5, level = 0.95 }: PrecisionThresholdOptions,
): PrecisionThreshold {
  const folds = makeFolds(lists.length, Math.min(count, lists.length), randomStream(seed, 'threshold'));
  const shown = lists.map(() => ({ shown: 0, relevant: 0 }));
  for (const fold of folds) {
    const from = choose(
      lists.filter((_, i) => !fold.has(i)),
      wanted,
    );
    for (const i of fold) {
      const { probabilities, relevant } = lists[i]!;
      for (const [k, probability] of probabilities.entries()) {
        if (probability < (from ?? Number.POSITIVE_INFINITY)) continue;
        shown[i]!.shown++;
        if (relevant[k]) shown[i]!.relevant++;
      }
    }
  }
  const sum = (of: (one: (typeof shown)[number]) => number): number =>
    shown.reduce((total, one) => total + of(one), 0);
  const [all, right] = [sum((one) => one.shown), sum((one) => one.relevant)];
  const worth = effectiveTrials(shown);
  const { low, high } = clopperPearson(all === 0 ? 0 : (right / all) * worth, worth, level);
  const relevant = lists.reduce((total, list) => total + list.relevant.filter(Boolean).length, 0);
  const probability = choose(lists, wanted);
  return {
    wanted,
    ...(probability === undefined ? {} : { probability }),
    precision: all === 0 ? 0 : right / all,
    low,
    high,
    recall: relevant === 0 ? 0 : right / relevant,
    shown: all,
  };
}

/** The lowest probability above which, all together, the wanted share is relevant. */
function choose(lists: readonly HeldOutList[], wanted: number): number | undefined {
  const pairs = lists
    .flatMap(({ probabilities, relevant }) => probabilities.map((p, i) => ({ p, yes: relevant[i]! })))
    .sort((a, b) => b.p - a.p);
  let [right, found] = [0, undefined as number | undefined];
  for (const [i, { p, yes }] of pairs.entries()) {
    if (yes) right++;
    // Equal probabilities are shown together.
    if (pairs[i + 1]?.p !== p && right / (i + 1) >= wanted) found = p;
  }
  return found;
}

/** As many independent passages as would leave the share as uncertain as the queries do: never more than there are. */
function effectiveTrials(queries: readonly { readonly shown: number; readonly relevant: number }[]): number {
  const used = queries.filter(({ shown }) => shown > 0);
  const all = used.reduce((sum, { shown }) => sum + shown, 0);
  if (used.length < 2) return used.length;
  const share = used.reduce((sum, { relevant }) => sum + relevant, 0) / all;
  // With all or none right nothing tells how alike they are.
  if (share === 0 || share === 1) return used.length;
  const spread = used.reduce((sum, { shown, relevant }) => sum + (relevant - share * shown) ** 2, 0);
  const variance = (spread * used.length) / (used.length - 1) / all ** 2;
  return variance === 0 ? all : Math.min(all, (share * (1 - share)) / variance);
}

import { RankforgeError } from '../../core/errors.js';
import { randomStream, shuffle } from '../../core/random.js';
import { mean } from '../../core/vectors.js';
import type { CalibrationList } from '../calibration/calibrate.js';
import type { CutOff } from './cut-off.js';
import { hoeffdingBentkus } from './hoeffding-bentkus.js';
import { type Risk, type RiskName, risks } from './risks.js';

export interface CutOffOptions {
  readonly risk: RiskName;
  /** The most of the risk that is accepted, the mean over queries: above 0, below 1. */
  readonly alpha: number;
  /** The probability with which the promise may fail. @default 0.1 */
  readonly delta?: number;
  /** What the lists' scores are. @default 'score' */
  readonly on?: CutOff['on'];
  /**
   * The thresholds to choose from, fixed without a look at these lists. @default for probabilities 0 to 1 by hundredths;
   * for scores, quantiles of the scores of a quarter of the queries, which then test nothing
   */
  readonly thresholds?: readonly number[];
  /** Draws that quarter. @default 0 */
  readonly seed?: number;
  /** Ranks that the lists hold, to be said of the cut-off: `judgedLists` takes it too. @default not said */
  readonly depth?: number;
}

/**
 * Learn then test: the threshold that keeps most with a bounded share of irrelevant passages, or fewest with a bounded
 * share of relevant ones missed. Thresholds are tested one after the other from the safe end, each with a
 * Hoeffding-Bentkus p-value at `delta`, until one does not pass (fixed-sequence testing), so the promise holds for
 * the chosen one however many there are. It holds for queries like the judged ones, in the mean, and where scores are
 * comparable between queries. Scores must come from a ranker, and probabilities from a calibration, that did not learn
 * from these queries.
 * @throws RankforgeError `usage` for alpha or delta out of range; `too-little-data` where no threshold passes
 * @see Angelopoulos et al. 2021, arXiv:2110.01052
 */
export function fitCutOff(lists: readonly CalibrationList[], options: CutOffOptions): CutOff {
  const { risk: name, alpha, delta = 0.1, on = 'score', depth } = options;
  for (const [key, value] of Object.entries({ alpha, delta })) {
    if (value > 0 && value < 1) continue;
    throw new RankforgeError('usage', `${key} is ${value}`, { hint: 'Give a number above 0 and below 1.' });
  }
  const risk: Risk = risks[name];
  const { tested, thresholds } = withThresholds(lists, options);
  const inTurn = thresholds.toSorted((a, b) => (risk.from === 'strict' ? b - a : a - b));
  let chosen: number | undefined;
  for (const threshold of inTurn) {
    const observed = mean(tested.map((list) => risk.loss(list, threshold)));
    if (tested.length === 0 || hoeffdingBentkus(observed, { n: tested.length, alpha }) > delta) break;
    chosen = threshold;
  }
  if (chosen === undefined) throw noneCertain(tested.length, name, alpha, delta);
  const threshold = chosen;
  return {
    format: 1,
    risk: name,
    alpha,
    delta,
    on,
    threshold,
    ...(depth === undefined ? {} : { depth }),
    figures: {
      queries: tested.length,
      irrelevantKept: mean(tested.map((list) => risks['irrelevant-kept'].loss(list, threshold))),
      relevantMissed: mean(tested.map((list) => risks['relevant-missed'].loss(list, threshold))),
      kept: mean(tested.map(({ scores }) => Array.from(scores).filter((score) => score >= threshold).length)),
    },
  };
}

/** The thresholds, and the queries that had no say in them. */
function withThresholds(
  lists: readonly CalibrationList[],
  { thresholds, on = 'score', seed = 0 }: CutOffOptions,
): { tested: readonly CalibrationList[]; thresholds: readonly number[] } {
  if (thresholds) return { tested: lists, thresholds };
  if (on === 'probability') {
    return { tested: lists, thresholds: Array.from({ length: 101 }, (_, index) => index / 100) };
  }
  const order = shuffle(lists, randomStream(seed, 'cut-off'));
  const aside = Math.floor(lists.length / 4);
  const scores = order
    .slice(0, aside)
    .flatMap((list) => Array.from(list.scores))
    .sort((a, b) => a - b);
  const count = Math.min(100, scores.length);
  const quantiles = Array.from(
    { length: count },
    (_, index) => scores[Math.floor((index * scores.length) / count)]!,
  );
  return { tested: order.slice(aside), thresholds: [...new Set(quantiles)] };
}

function noneCertain(queries: number, risk: RiskName, alpha: number, delta: number): RankforgeError {
  // Even without one loss the p-value is (1 − α)ⁿ.
  const fewest = Math.ceil(Math.log(delta) / Math.log1p(-alpha));
  return new RankforgeError(
    'too-little-data',
    `No threshold has a risk (${risk}) of at most ${alpha} for sure, by ${queries} judged queries`,
    {
      where: 'cut-off',
      hint:
        queries < fewest
          ? `Give more: at least ${fewest} judged queries, or accept a larger risk or delta.`
          : 'Accept a larger risk or delta, or use a better ranker.',
    },
  );
}

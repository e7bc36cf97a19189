import { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import { makeFolds } from '../../core/folds.js';
import { randomStream } from '../../core/random.js';
import type { CalibrationList } from '../../rerank/calibration/calibrate.js';
import { readFitted, writeFitted } from '../../rerank/fitted-file.js';
import { ratioInterval } from './ratio-interval.js';

const Share = z.strictObject({ value: z.number(), low: z.number(), high: z.number() });

/** From which score on a candidate is a false negative, and how well that was seen to work. As plain JSON. */
export const FilterThreshold = z.strictObject({
  format: z.literal(1),
  /** Whose scores: another judge or comparator must not use it. */
  of: z.string(),
  aim: z.discriminatedUnion('by', [
    z.strictObject({ by: z.literal('false-negative-rate'), most: z.number() }),
    z.strictObject({ by: z.literal('f-measure'), beta: z.number() }),
  ]),
  /** Relevant are passages at it or above. */
  threshold: z.number(),
  /** On held-out queries, each with the threshold learnt from the others; intervals of 95 per cent, by queries. */
  figures: z.strictObject({
    queries: z.number().int(),
    pairs: z.number().int(),
    /** The share of relevant ones among all: the false-negative rate without the filter. */
    unfiltered: Share,
    /** The share of relevant ones among those that pass as negatives. */
    falseNegativeRate: Share,
    /** The share of relevant ones that the filter finds. */
    recall: Share,
    /** The share of true negatives that it lets pass. */
    kept: Share,
    /** (1 + β²) · precision · recall / (β² · precision + recall) of what it calls relevant, β = 1 where the aim is a rate. */
    fMeasure: Share,
  }),
});
export type FilterThreshold = z.infer<typeof FilterThreshold>;

export interface FitFilterOptions {
  /** Name of the judge or comparator whose scores these are. */
  readonly of: string;
  /** At most this share of what passes as negative may be relevant; or the best F-measure of finding the relevant ones. */
  readonly aim: FilterThreshold['aim'];
  readonly seed: number;
  /** @default 5 */
  readonly folds?: number;
}

/**
 * Learns from which score on a mined candidate is to be held a false negative, on candidates whose relevance people judged. Among thresholds that meet a
 * wanted false-negative rate the one that keeps most negatives is taken; for an F-measure the best.
 *
 * The figures are of queries that had no part in the threshold they were tested with. They hold for candidates like these: mined by the same
 * retriever from the same ranks, as the rate hangs on how many of them are relevant to begin with.
 * In simulations the intervals of a learnt threshold held its true rate nine times of ten.
 * @param lists a query's candidates each, with what the filter scored them and whether they are relevant; unjudged ones left out
 * @throws RankforgeError `usage` for an aim out of range; `too-little-data` with fewer than 4 queries, without both kinds, or where no threshold meets the aim
 */
export function fitFilterThreshold(
  lists: readonly CalibrationList[],
  options: FitFilterOptions,
): FilterThreshold {
  const { of, aim, seed, folds = 5 } = options;
  checkAim(aim);
  const relevant = lists.reduce((sum, list) => sum + list.relevant.filter(Boolean).length, 0);
  const pairs = lists.reduce((sum, list) => sum + list.relevant.length, 0);
  if (lists.length < 4 || relevant === 0 || relevant === pairs) {
    throw new RankforgeError(
      'too-little-data',
      `${lists.length} queries with ${relevant} relevant of ${pairs} judged candidates teach no threshold`,
      {
        where: 'threshold',
        hint: 'Give at least 4 judged queries whose candidates are judged both relevant and not; where only relevant ones are judged, let unjudged ones count as not relevant.',
      },
    );
  }
  const threshold = chooseThreshold(lists, aim);
  if (threshold === undefined) {
    throw new RankforgeError('too-little-data', `No threshold of ${of} meets the aim on the judged queries`, {
      where: 'threshold',
      hint: 'Accept more false negatives, or use a better judge.',
    });
  }
  const heldOut: Outcome[] = [];
  for (const held of makeFolds(
    lists.length,
    Math.min(folds, lists.length),
    randomStream(seed, 'filter-threshold'),
  )) {
    const others =
      chooseThreshold(
        lists.filter((_, index) => !held.has(index)),
        aim,
      ) ?? threshold;
    for (const index of held) heldOut.push(outcomeOf(lists[index]!, others));
  }
  return {
    format: 1,
    of,
    aim,
    threshold,
    figures: figuresOf(heldOut, aim.by === 'f-measure' ? aim.beta : 1),
  };
}

/** How the candidates of one query are divided. */
interface Outcome {
  readonly caught: number;
  readonly missed: number;
  readonly kept: number;
  readonly lost: number;
}

function outcomeOf({ scores, relevant }: CalibrationList, threshold: number): Outcome {
  const outcome = { caught: 0, missed: 0, kept: 0, lost: 0 };
  for (const [index, isRelevant] of relevant.entries()) {
    const called = scores[index]! >= threshold;
    outcome[isRelevant ? (called ? 'caught' : 'missed') : called ? 'lost' : 'kept'] += 1;
  }
  return outcome;
}

/** The best threshold on these lists: half-way between two scores, so that it does not hang on one candidate's last digit. */
function chooseThreshold(lists: readonly CalibrationList[], aim: FilterThreshold['aim']): number | undefined {
  const all = lists
    .flatMap(({ scores, relevant }) =>
      relevant.map((isRelevant, index) => ({ score: scores[index]!, isRelevant })),
    )
    .sort((a, b) => a.score - b.score);
  const total = all.reduce((sum, { isRelevant }) => sum + Number(isRelevant), 0);
  let missed = 0;
  let best: { readonly threshold: number; readonly worth: number } | undefined;
  // Everything from `at` on is called relevant; what lies below passes as negative.
  for (let at = 0; at <= all.length; at++) {
    if (at > 0) missed += Number(all[at - 1]!.isRelevant);
    const [below, score] = [all[at - 1]?.score, all[at]?.score];
    if (below !== undefined && below === score) continue;
    const worth = worthOf({ passed: at, missed, total, all: all.length }, aim);
    if (worth === undefined || (best && worth <= best.worth)) continue;
    best = { threshold: between(below, score), worth };
  }
  return best?.threshold;
}

/** What a threshold is worth by the aim, undefined where it does not meet it: higher is better. */
function worthOf(
  { passed, missed, total, all }: { passed: number; missed: number; total: number; all: number },
  aim: FilterThreshold['aim'],
): number | undefined {
  if (aim.by === 'false-negative-rate')
    return passed > 0 && missed / passed <= aim.most ? passed - missed : undefined;
  const caught = total - missed;
  const called = all - passed;
  const weight = aim.beta ** 2;
  return ((1 + weight) * caught) / (weight * total + called);
}

function between(below: number | undefined, above: number | undefined): number {
  if (below === undefined) return above ?? 0;
  if (above === undefined) return below + Math.max(1e-9, Math.abs(below) * 1e-9);
  const middle = below + (above - below) / 2;
  return middle > below ? middle : above;
}

function figuresOf(outcomes: readonly Outcome[], beta: number): FilterThreshold['figures'] {
  const share = (numerator: (outcome: Outcome) => number, denominator: (outcome: Outcome) => number) =>
    ratioInterval(
      outcomes.map((outcome) => ({ numerator: numerator(outcome), denominator: denominator(outcome) })),
    );
  const pairsOf = ({ caught, missed, kept, lost }: Outcome): number => caught + missed + kept + lost;
  const weight = beta ** 2;
  return {
    queries: outcomes.length,
    pairs: outcomes.reduce((sum, outcome) => sum + pairsOf(outcome), 0),
    unfiltered: share(({ caught, missed }) => caught + missed, pairsOf),
    falseNegativeRate: share(
      ({ missed }) => missed,
      ({ missed, kept }) => missed + kept,
    ),
    recall: share(
      ({ caught }) => caught,
      ({ caught, missed }) => caught + missed,
    ),
    kept: share(
      ({ kept }) => kept,
      ({ kept, lost }) => kept + lost,
    ),
    fMeasure: share(
      ({ caught }) => (1 + weight) * caught,
      ({ caught, missed, lost }) => (1 + weight) * caught + weight * missed + lost,
    ),
  };
}

function checkAim(aim: FilterThreshold['aim']): void {
  const [name, value, valid] =
    aim.by === 'f-measure'
      ? ['beta', aim.beta, aim.beta > 0 && Number.isFinite(aim.beta)]
      : ['most', aim.most, aim.most > 0 && aim.most < 1];
  if (valid) return;
  throw new RankforgeError('usage', `${name} is ${value}`, {
    where: name,
    hint: name === 'beta' ? 'Give a number above 0; 1 is usual.' : 'Give a rate above 0 and below 1.',
  });
}

/** @throws RankforgeError `disk-full`, `no-permission` */
export const writeFilterThreshold = (path: string, threshold: FilterThreshold): Promise<void> =>
  writeFitted(path, threshold);

/**
 * @param of name of the filter that is to use it
 * @throws RankforgeError `missing-file`; `bad-file` for one that is no threshold; `usage` for one learnt from another's scores
 */
export async function readFilterThreshold(path: string, of?: string): Promise<FilterThreshold> {
  const threshold = await readFitted(path, FilterThreshold, 'threshold for false negatives');
  if (of === undefined || threshold.of === of) return threshold;
  throw new RankforgeError('usage', `The threshold is of ${threshold.of}, and the scores are of ${of}`, {
    where: path,
    hint: 'Learn one from the judge that is to use it.',
  });
}

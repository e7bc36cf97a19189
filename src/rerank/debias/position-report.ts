import type { Candidates } from '../../core/candidates.js';
import { RankforgeError } from '../../core/errors.js';
import { kendallTau } from '../../core/kendall-tau.js';
import type { JobOptions } from '../../core/progress.js';
import type { Query } from '../../core/query.js';
import { randomStream, shuffle } from '../../core/random.js';
import { addUsage, noUsage, type Usage } from '../../core/usage.js';
import { mean } from '../../core/vectors.js';
import type { Comparator } from '../comparator.js';
import { UnparsedRankingError } from '../parse-ranking.js';
import { compareInTurn, finiteScores } from './compare-in-turn.js';
import { contentFreeProfile } from './content-free.js';
import { type MeasuredProfile, meanByPosition } from './position-profile.js';
import { ranksDown } from './rotations.js';

export interface PositionReportOptions extends JobOptions {
  /** Passages of a comparison. Queries with fewer candidates are left out. @default 20 */
  readonly window?: number;
  /** Random orders that each window is shown in, 2 or more. @default 4 */
  readonly showings?: number;
  /** @default 0 */
  readonly seed?: number;
}

/** How much of what a comparator says is decided by where a passage stands. */
export interface PositionReport {
  readonly comparator: string;
  readonly queries: number;
  readonly window: number;
  readonly showings: number;
  /**
   * Shares of the variance of scores inside a window: by position alone, one profile for all queries; by which passage
   * it is; by neither. Adjusted for what chance explains (epsilon squared), 0 to 1, together 1.
   */
  readonly variance: { readonly position: number; readonly passage: number; readonly rest: number };
  /** Mean Kendall's tau of its order with the order shown: 1 repeats what it is shown, −1 turns it around, 0 is not swayed. */
  readonly withShownOrder: number;
  /** Mean Kendall's tau between its orders of the same passages, shown differently: 1 reads the passages, 0 guesses. */
  readonly betweenShowings: number;
  /** First position first. */
  readonly positions: readonly PositionFigures[];
  readonly usage: Usage;
}

export interface PositionFigures {
  /** Mean score less that of its window. */
  readonly score: number;
  /** The same with a query and passages without content, where the comparator showed scores for them. */
  readonly contentFree?: number;
  /** Share of comparisons that put this position first, 0 to 1: 1/window each without bias. */
  readonly first: number;
}

interface Observed {
  /** The passage at each position. */
  readonly shown: readonly number[];
  /** By position, less their mean. */
  readonly scores: readonly number[];
  readonly order: readonly number[];
}

/**
 * Shows each query's first `window` candidates in several random orders and tells position from passage. Takes
 * `showings` comparisons a query, and those of one content-free profile. A comparator without scores counts by ranks.
 * @throws RankforgeError `too-little-data` without a query of so many candidates, `usage`, and what the comparator throws
 */
export async function measurePositions(
  comparator: Comparator,
  candidates: readonly Candidates[],
  { window = 20, showings = 4, seed = 0, signal, onProgress }: PositionReportOptions = {},
): Promise<PositionReport> {
  if (![window, showings].every((count) => Number.isInteger(count) && count >= 2)) {
    throw new RankforgeError('usage', `${showings} orders of ${window} passages tell nothing of positions`, {
      hint: 'Give whole numbers: a window of 2 or more and 2 or more showings.',
    });
  }
  const lists = candidates.filter(({ items }) => items.length >= window);
  if (lists.length === 0) {
    throw new RankforgeError('too-little-data', `No query has ${window} candidates`, {
      where: comparator.name,
      hint: 'Use a smaller window, or deeper candidates.',
    });
  }
  let usage: Usage = noUsage;
  const byQuery: Observed[][] = [];
  for (const [done, { query, items }] of lists.entries()) {
    onProgress?.({ stage: 'positions', done, total: lists.length, unit: 'items' });
    const orders = Array.from({ length: showings }, (_, time) =>
      shuffle([...Array(window).keys()], randomStream(seed, 'position-report', query.id, time)),
    );
    const asked = orders.map((order) => ({ query, passages: order.map((item) => items[item]!.passage) }));
    const { comparisons, usage: own } = await compareInTurn(comparator, asked, { signal });
    usage = addUsage(usage, own);
    byQuery.push(
      comparisons.map((comparison, time) => ({
        shown: orders[time]!,
        scores: centre(finiteScores(comparison) ?? ranksDown(comparison.order)),
        order: comparison.order,
      })),
    );
  }
  const empty = await contentFree(comparator, lists[0]!.query, window, signal);
  onProgress?.({ stage: 'positions', done: lists.length, total: lists.length, unit: 'items' });
  const without = empty.profile && centre(empty.profile);
  const all = byQuery.flat();
  const profile = meanByPosition(all.map(({ scores }) => scores));
  return {
    comparator: comparator.name,
    queries: lists.length,
    window,
    showings,
    variance: explain(byQuery, profile, window),
    withShownOrder: mean(all.map(({ order }) => kendallTau([...order.keys()], order))),
    betweenShowings: mean(byQuery.flatMap(agreements)),
    positions: profile.map((score, position) => ({
      score,
      ...(without ? { contentFree: without[position]! } : {}),
      first: mean(all.map(({ order }) => (order[0] === position ? 1 : 0))),
    })),
    usage: addUsage(usage, empty.usage),
  };
}

/** The profile of neither query nor passages; nothing where the model writes no ranking of them. */
async function contentFree(
  comparator: Comparator,
  query: Query,
  window: number,
  signal: AbortSignal | undefined,
): Promise<Pick<MeasuredProfile, 'profile' | 'usage'>> {
  try {
    return await contentFreeProfile(comparator, { query: 'replaced' }).measure(query, window, { signal });
  } catch (error) {
    if (error instanceof UnparsedRankingError) return { usage: error.usage };
    throw error;
  }
}

const centre = (scores: readonly number[]): number[] => {
  const level = mean(scores);
  return scores.map((score) => score - level);
};

/** Kendall's tau of each pair of showings, by passage. */
function agreements(showings: readonly Observed[]): number[] {
  const ranks = showings.map(({ shown, order }) => {
    const points: number[] = [];
    ranksDown(order).forEach((point, position) => {
      points[shown[position]!] = point;
    });
    return points;
  });
  return ranks.flatMap((a, i) => ranks.slice(0, i).map((b) => kendallTau(a, b)));
}

/** Shares of the sum of squares, each less what as many groups explain by chance. Orders are random, so one does not hold the other. */
function explain(
  byQuery: readonly (readonly Observed[])[],
  profile: readonly number[],
  window: number,
): PositionReport['variance'] {
  const all = byQuery.flat();
  const squares = (values: readonly number[]): number => values.reduce((sum, value) => sum + value ** 2, 0);
  const total = squares(all.flatMap(({ scores }) => scores));
  const byPassage = byQuery.flatMap((showings) =>
    Array.from({ length: window }, (_, passage) =>
      mean(showings.map(({ shown, scores }) => scores[shown.indexOf(passage)]!)),
    ).map((value) => value * Math.sqrt(showings.length)),
  );
  const freedom = all.length * (window - 1);
  const share = (explained: number, groups: number): number => {
    const chance = (groups * (total - explained)) / (freedom - groups);
    return total > 0 ? Math.min(1, Math.max(0, (explained - chance) / total)) : 0;
  };
  const position = share(all.length * squares(profile), window - 1);
  const passage = Math.min(share(squares(byPassage), byQuery.length * (window - 1)), 1 - position);
  return { position, passage, rest: 1 - position - passage };
}

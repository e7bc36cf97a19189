import type { ScoredId } from '../core/run.js';
import { zScores } from '../core/vectors.js';

export interface FusionOptions {
  /** One a list. @default 1 for each */
  readonly weights?: readonly number[];
}

/**
 * Sum over the lists of weight / (k + rank), rank from 1; a list without the passage adds nothing.
 * All fusions: lists are of one query and best first; the result has every id of any list, best first, equal scores in the
 * order in which the lists first name them.
 * @see Cormack, Clarke & Büttcher 2009, doi:10.1145/1571941.1572114
 */
export function reciprocalRankFusion(
  lists: readonly (readonly ScoredId[])[],
  { k = 60, weights }: FusionOptions & { readonly k?: number } = {},
): ScoredId[] {
  return sumParts(lists, weights, (list) => ({ parts: list.map((_, i) => 1 / (k + i + 1)), missing: 0 }));
}

/**
 * Sum of the weighted z-scores of each list (mean 0, deviation 1 inside the list), so that scores of different scales
 * count alike. A passage that a list does not hold gets the list's lowest.
 */
export function zScoreFusion(
  lists: readonly (readonly ScoredId[])[],
  { weights }: FusionOptions = {},
): ScoredId[] {
  return sumParts(lists, weights, (list) => {
    const parts = zScores(list.map(({ score }) => score));
    return { parts, missing: lowest(parts) };
  });
}

/**
 * CombSUM: sum of the weighted scores, each list's brought to 0 to 1; a list without the passage adds nothing.
 * @see Fox & Shaw 1994, TREC-2
 */
export function combSum(
  lists: readonly (readonly ScoredId[])[],
  { weights }: FusionOptions = {},
): ScoredId[] {
  return sumParts(lists, weights, unitParts);
}

/**
 * CombMNZ: CombSUM times the number of lists that hold the passage, so that what several found counts more.
 * @see Fox & Shaw 1994, TREC-2; Lee 1997, doi:10.1145/258525.258587
 */
export function combMnz(
  lists: readonly (readonly ScoredId[])[],
  { weights }: FusionOptions = {},
): ScoredId[] {
  return sumParts(lists, weights, unitParts, (sum, holders) => sum * holders);
}

/** The ways to fuse lists, by name. */
export const fusions = {
  'reciprocal-rank': reciprocalRankFusion,
  'z-score': zScoreFusion,
  'comb-sum': combSum,
  'comb-mnz': combMnz,
} satisfies Record<string, (lists: readonly (readonly ScoredId[])[], options?: FusionOptions) => ScoredId[]>;
export type FusionName = keyof typeof fusions;

/** What a list adds to each of its passages, in order, and to all others. */
interface Parts {
  readonly parts: readonly number[];
  readonly missing: number;
}

/** Scores brought to 0 to 1 inside their list; all 1 where they are equal. */
function unitParts(list: readonly ScoredId[]): Parts {
  const scores = list.map(({ score }) => score);
  const low = lowest(scores);
  const range = scores.reduce((high, score) => Math.max(high, score), low) - low;
  return { parts: scores.map((score) => (range > 0 ? (score - low) / range : 1)), missing: 0 };
}

function sumParts(
  lists: readonly (readonly ScoredId[])[],
  weights: readonly number[] | undefined,
  partsOf: (list: readonly ScoredId[]) => Parts,
  scoreOf: (sum: number, holders: number) => number = (sum) => sum,
): ScoredId[] {
  const sums = new Map<string, number>();
  const holders = new Map<string, number>();
  for (const list of lists) {
    for (const { id } of list) {
      sums.set(id, 0);
      holders.set(id, (holders.get(id) ?? 0) + 1);
    }
  }
  for (const [i, list] of lists.entries()) {
    if (list.length === 0) continue;
    const weight = weights?.[i] ?? 1;
    const { parts, missing } = partsOf(list);
    const own = new Map(list.map(({ id }, rank) => [id, parts[rank]!]));
    for (const [id, sum] of sums) sums.set(id, sum + weight * (own.get(id) ?? missing));
  }
  // Sorting is stable, so equal scores keep the map's order.
  return Array.from(sums, ([id, sum]) => ({ id, score: scoreOf(sum, holders.get(id)!) })).sort(
    (a, b) => b.score - a.score,
  );
}

const lowest = (values: readonly number[]): number =>
  values.reduce((low, value) => Math.min(low, value), values[0] ?? 0);

import { type ConfusionMatrix, confusionMatrix } from './confusion.js';

/** What a disagreement costs: 1 each, the distance of the categories, or its square. */
export type KappaWeights = 'none' | 'linear' | 'quadratic';

export interface KappaOptions {
  /** @default 'none' */
  readonly weights?: KappaWeights;
  /** All labels there may be, rising. Distances count categories. @default those that occur */
  readonly categories?: readonly number[];
}

const costs: Record<KappaWeights, (distance: number) => number> = {
  none: (distance) => (distance === 0 ? 0 : 1),
  linear: (distance) => Math.abs(distance),
  quadratic: (distance) => distance ** 2,
};

/**
 * Cohen's kappa: 1 − observed cost / cost expected from the raters' own shares of each label. As scikit-learn's.
 * @returns 1 for full agreement, 0 for chance, down to −1; undefined where both always give the same one label, or there is none
 * @throws {RangeError} as `confusionMatrix`
 * @see Cohen 1960, doi:10.1177/001316446002000104; Cohen 1968, doi:10.1037/h0026256 (weights)
 */
export function cohenKappa(
  a: readonly number[],
  b: readonly number[],
  { weights = 'none', categories }: KappaOptions = {},
): number | undefined {
  return kappaOf(confusionMatrix(a, b, categories), weights);
}

/** Cohen's kappa of counts. */
export function kappaOf({ counts }: ConfusionMatrix, weights: KappaWeights = 'none'): number | undefined {
  const cost = costs[weights];
  const rows = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const columns = counts.map((_, j) => counts.reduce((sum, row) => sum + row[j]!, 0));
  const total = rows.reduce((sum, count) => sum + count, 0);
  let observed = 0;
  let expected = 0;
  for (const [i, row] of counts.entries()) {
    for (const [j, count] of row.entries()) {
      observed += cost(i - j) * count;
      expected += (cost(i - j) * rows[i]! * columns[j]!) / total;
    }
  }
  return expected > 0 ? 1 - observed / expected : undefined;
}

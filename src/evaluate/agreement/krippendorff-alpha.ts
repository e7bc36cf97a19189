import type { ConfusionMatrix } from './confusion.js';

/** What a difference of two labels means: all alike, by ranks, or by amount. */
export type MeasurementLevel = 'nominal' | 'ordinal' | 'interval';

export interface AlphaOptions {
  /** @default 'ordinal' */
  readonly level?: MeasurementLevel;
}

/**
 * Krippendorff's alpha: 1 − observed disagreement / disagreement expected by chance, over all pairs of labels inside each unit.
 * Any number of raters; a label that is missing counts for nothing, and neither does a unit with one label.
 * @param ratings by rater, then by unit; undefined where the rater gave none
 * @returns 1 for full agreement, 0 for chance, lower for systematic disagreement; undefined where no unit has two labels, or
 * only one label occurs
 * @see Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"; Hayes & Krippendorff 2007, doi:10.1080/19312450709336664
 */
export function krippendorffAlpha(
  ratings: readonly (readonly (number | undefined)[])[],
  { level = 'ordinal' }: AlphaOptions = {},
): number | undefined {
  const units = Math.max(0, ...ratings.map(({ length }) => length));
  const labelled: number[][] = [];
  for (let unit = 0; unit < units; unit++) {
    const labels = ratings.flatMap((rater) => rater[unit] ?? []);
    if (labels.length >= 2) labelled.push(labels);
  }
  const values = [...new Set(labelled.flat())].sort((a, b) => a - b);
  if (values.length < 2) return undefined;
  const place = new Map(values.map((value, index) => [value, index]));
  const coincidences = values.map(() => new Float64Array(values.length));
  for (const labels of labelled) {
    const places = labels.map((label) => place.get(label)!);
    for (const [i, a] of places.entries()) {
      for (const [j, b] of places.entries()) if (i !== j) coincidences[a]![b]! += 1 / (labels.length - 1);
    }
  }
  return alphaOf(coincidences, distances(level, values, coincidences));
}

/** Alpha of two raters from the counts of their labels; the same as from the labels. */
export function alphaOfCounts(
  { categories, counts }: ConfusionMatrix,
  { level = 'ordinal' }: AlphaOptions = {},
): number | undefined {
  const coincidences = counts.map((row, a) => Float64Array.from(row, (count, b) => count + counts[b]![a]!));
  const occurring = categories.flatMap((_, index) => (sum(coincidences[index]!) > 0 ? [index] : []));
  if (occurring.length < 2) return undefined;
  const kept = occurring.map((a) => Float64Array.from(occurring, (b) => coincidences[a]![b]!));
  return alphaOf(
    kept,
    distances(
      level,
      occurring.map((index) => categories[index]!),
      kept,
    ),
  );
}

function alphaOf(coincidences: readonly Float64Array[], distance: Distance): number {
  const totals = coincidences.map(sum);
  const n = sum(totals);
  let observed = 0;
  let expected = 0;
  for (const [a, row] of coincidences.entries()) {
    for (const [b, count] of row.entries()) {
      observed += count * distance(a, b);
      expected += (totals[a]! * totals[b]! * distance(a, b)) / (n - 1);
    }
  }
  return 1 - observed / expected;
}

type Distance = (a: number, b: number) => number;

/** Squared differences, by the places of two values. */
function distances(
  level: MeasurementLevel,
  values: readonly number[],
  coincidences: readonly Float64Array[],
): Distance {
  if (level === 'nominal') return (a, b) => (a === b ? 0 : 1);
  if (level === 'interval') return (a, b) => (values[a]! - values[b]!) ** 2;
  // Labels between the two, and half of those at each end.
  const totals = coincidences.map(sum);
  return (a, b) => {
    const [low, high] = a < b ? [a, b] : [b, a];
    return (sum(totals.slice(low, high + 1)) - (totals[low]! + totals[high]!) / 2) ** 2;
  };
}

const sum = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0);

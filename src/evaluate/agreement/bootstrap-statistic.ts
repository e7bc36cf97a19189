import { quantile } from '../../core/quantile.js';
import { randomStream } from '../../core/random.js';

export interface StatisticInterval {
  /** Of all items; undefined where it has none. */
  readonly value: number | undefined;
  readonly low: number | undefined;
  readonly high: number | undefined;
}

export interface BootstrapStatisticOptions<T> {
  readonly seed: number;
  /** Resamples. @default 1000 */
  readonly samples?: number;
  /** The share of resampled values inside the interval, (0, 1). @default 0.95 */
  readonly level?: number;
  /** What is drawn together: pairs of one query are not independent of each other. @default each item alone */
  readonly groupOf?: (item: T) => string;
}

/** Of three groups one resample in nine holds a single one: an interval of so few says little more than single groups do. */
export const fewestGroups = 5;

/**
 * The percentile bootstrap interval of any statistic: groups are drawn with replacement. Resamples in which the statistic has no
 * value (one label alone) are left out; where these are more than half, or of fewer than 5 groups, the interval is undefined.
 * @see Efron & Tibshirani 1993, chapter 13; Field & Welsh 2007, doi:10.1111/j.1467-9868.2007.00593.x (clusters)
 */
export function bootstrapStatistic<T>(
  items: readonly T[],
  statistic: (items: readonly T[]) => number | undefined,
  { seed, samples = 1000, level = 0.95, groupOf }: BootstrapStatisticOptions<T>,
): StatisticInterval {
  const value = items.length === 0 ? undefined : statistic(items);
  const groups = groupOf ? groupBy(items, groupOf) : items.map((item) => [item]);
  if (value === undefined || groups.length < fewestGroups) return { value, low: undefined, high: undefined };
  const random = randomStream(seed, 'bootstrap-statistic');
  const values: number[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const drawn = Array.from(groups, () => groups[random.int(groups.length)]!);
    const one = statistic(drawn.flat());
    if (one !== undefined) values.push(one);
  }
  if (values.length < samples / 2) return { value, low: undefined, high: undefined };
  values.sort((a, b) => a - b);
  const tail = (1 - level) / 2;
  return { value, low: quantile(values, tail), high: quantile(values, 1 - tail) };
}

/** Items by name, groups in the order they were first met. */
export function groupBy<T>(items: readonly T[], groupOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = groupOf(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return [...groups.values()];
}

import type { ClickSession } from './click-log.js';

export interface ClickRatesOptions {
  /** How likely each position is to be looked at, above 0; lists that are longer take the last. All 1: clicks as they are. */
  readonly propensities: readonly number[];
  /** Looks that the log's mean rate counts for, so that one click in one look is not certainty. @default 1 */
  readonly smoothing?: number;
}

/**
 * How often each passage was clicked when it was looked at: clicks over expected looks, Σ clicks / Σ propensity, drawn to
 * the log's mean rate where there were few looks. This is inverse propensity weighting, done once for all sessions of a
 * passage.
 * @returns by query id and passage id, about 0 to 1
 * @see Joachims, Swaminathan & Schnabel 2017, arXiv:1608.04468
 */
export function clickRates(
  sessions: readonly ClickSession[],
  { propensities, smoothing = 1 }: ClickRatesOptions,
): Map<string, Map<string, number>> {
  const counts = new Map<string, Map<string, { clicks: number; looks: number }>>();
  const all = { clicks: 0, looks: 0 };
  for (const { queryId, shown, clicked } of sessions) {
    const own = counts.get(queryId) ?? new Map<string, { clicks: number; looks: number }>();
    counts.set(queryId, own);
    const at = new Set(clicked);
    for (const [position, id] of shown.entries()) {
      const count = own.get(id) ?? { clicks: 0, looks: 0 };
      own.set(id, count);
      const looks = propensities[Math.min(position, propensities.length - 1)]!;
      const clicks = at.has(position) ? 1 : 0;
      count.looks += looks;
      count.clicks += clicks;
      all.looks += looks;
      all.clicks += clicks;
    }
  }
  const mean = all.looks > 0 ? all.clicks / all.looks : 0;
  const rate = ({ clicks, looks }: typeof all): number => (clicks + smoothing * mean) / (looks + smoothing);
  return new Map(
    [...counts].map(([queryId, own]) => [queryId, new Map([...own].map(([id, count]) => [id, rate(count)]))]),
  );
}

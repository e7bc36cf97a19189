import type { Ranking } from '../../core/ranking.js';

/** What the numbers of an answer mean. */
export type RelevanceKind = 'probability' | 'order';

/**
 * Relevance as these APIs promise it, 0 to 1 and falling: P(relevant) where there are items, every one has one and they
 * agree with the order. Otherwise evenly spaced numbers, which say the order and nothing else: a squashed logit would look like a
 * probability, and a threshold on it would cut at random.
 */
export function relevanceOf({ items }: Pick<Ranking, 'items'>): { kind: RelevanceKind; values: number[] } {
  const probabilities = items.map(({ probability }) => probability ?? Number.NaN);
  const falls = probabilities.every(
    (value, rank) => value >= 0 && value <= 1 && (rank === 0 || probabilities[rank - 1]! >= value),
  );
  if (falls && items.length > 0) return { kind: 'probability', values: probabilities };
  return { kind: 'order', values: items.map((_, rank) => (items.length - rank) / items.length) };
}

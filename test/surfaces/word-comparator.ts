import { noUsage } from '../../src/core/usage.js';
import { orderByScore } from '../../src/core/vectors.js';
import type { Warning } from '../../src/core/warning.js';
import type { Comparator } from '../../src/rerank/comparator.js';

export interface WordComparatorOptions {
  /** What a comparison does before it answers: wait, fail, note that it began. */
  readonly before?: (signal: AbortSignal | undefined) => Promise<void> | void;
  readonly calibrated?: boolean;
  readonly warnings?: readonly Warning[];
}

/** Orders by how many of the query's words a passage has. Uses 10 prompt tokens and 1 reply token. */
export function wordComparator({
  before,
  calibrated = false,
  warnings = [],
}: WordComparatorOptions = {}): Comparator {
  return {
    name: 'words',
    absolute: true,
    async compare(query, passages, { signal } = {}) {
      signal?.throwIfAborted();
      await before?.(signal);
      const words = query.text.toLowerCase().split(/\W+/).filter(Boolean);
      const scores = passages.map(({ text }) => {
        const has = new Set(text.toLowerCase().split(/\W+/));
        return words.filter((word) => has.has(word)).length;
      });
      return {
        order: orderByScore(scores),
        scores,
        ...(calibrated ? { probabilities: scores.map((score) => score / (words.length + 1)) } : {}),
        usage: { ...noUsage, calls: 1, promptTokens: 10, outputTokens: 1 },
        warnings,
      };
    },
    cost: () => ({ calls: 1, promptTokens: 10, outputTokens: 1 }),
    async [Symbol.asyncDispose]() {},
  };
}

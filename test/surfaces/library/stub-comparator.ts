import { noUsage } from '../../../src/core/usage.js';
import type { Comparator } from '../../../src/rerank/comparator.js';

/** Prefers longer texts, and remembers how many it was shown. */
export function stubComparator(
  given: Pick<Comparator, 'absolute' | 'provenance'>,
): Comparator & { readonly groups: number[]; disposed: boolean } {
  const groups: number[] = [];
  return {
    name: 'stub',
    ...given,
    groups,
    disposed: false,
    async compare(_, passages, { signal } = {}) {
      signal?.throwIfAborted();
      groups.push(passages.length);
      const scores = passages.map(({ text }) => text.length);
      const order = scores.map((_, index) => index).sort((a, b) => scores[b]! - scores[a]!);
      return { order, scores, usage: { ...noUsage, calls: 1 }, warnings: [] };
    },
    cost: () => ({ calls: 1, promptTokens: 0, outputTokens: 0 }),
    async [Symbol.asyncDispose]() {
      this.disposed = true;
    },
  };
}

import type { Candidates } from '../../src/core/candidates.js';
import { randomStream } from '../../src/core/random.js';
import { noUsage } from '../../src/core/usage.js';
import { orderByScore } from '../../src/core/vectors.js';
import type { Comparator } from '../../src/rerank/comparator.js';

export interface BiasedScript {
  /** What a position adds to the score of whatever stands there, of `count` positions. */
  readonly bias?: (position: number, count: number) => number;
  /** Standard deviation of noise drawn anew for each window as it is shown. @default 0 */
  readonly noise?: number;
  /** @default true */
  readonly scores?: boolean;
}

export interface BiasedComparator extends Comparator {
  /** The ids of every window asked for, in order. */
  readonly seen: readonly (readonly string[])[];
}

/** Scores a passage by the number that its text is (0 where it is none), plus a bias of its position, plus noise. */
export function biasedComparator({
  bias = () => 0,
  noise = 0,
  scores: shown = true,
}: BiasedScript = {}): BiasedComparator {
  const seen: string[][] = [];
  return {
    name: 'biased',
    absolute: false,
    seen,
    async compare(query, passages, { signal } = {}) {
      signal?.throwIfAborted();
      seen.push(passages.map(({ id }) => id));
      const random = randomStream(1, 'biased', query.id, ...passages.map(({ id, text }) => `${id} ${text}`));
      const scores = passages.map(
        ({ text }, position) =>
          (Number.parseFloat(text) || 0) + bias(position, passages.length) + noise * random.normal(),
      );
      const usage = { ...noUsage, calls: 1, promptTokens: 10 * passages.length };
      return { order: orderByScore(scores), ...(shown ? { scores } : {}), usage, warnings: [] };
    },
    cost: (_, passages) => ({ calls: 1, promptTokens: 10 * passages.length, outputTokens: 0 }),
    async [Symbol.asyncDispose]() {},
  };
}

/** Candidates whose texts are their relevance: normal, seeded, in no order. */
export function numberedCandidates(queries: number, count: number): Candidates[] {
  return Array.from({ length: queries }, (_, q) => {
    const random = randomStream(2, 'candidates', q);
    return {
      query: { id: `q${q}`, text: `query ${q}` },
      items: Array.from({ length: count }, (_, index) => ({
        passage: { id: `q${q}-${index}`, text: String(random.normal()) },
      })),
    };
  });
}

/** The order of a window by relevance. */
export const truth = (texts: readonly string[]): number[] => orderByScore(texts.map(Number));

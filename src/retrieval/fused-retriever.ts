import type { ScoredId } from '../core/run.js';
import { type FusionName, type FusionOptions, fusions } from './fusion.js';
import type { Retriever } from './retriever.js';

export interface FusedOptions extends FusionOptions {
  /** @default 'z-score' */
  readonly fusion?: FusionName;
  /** Passages asked of each retriever; at least the k of a search. @default 1000 */
  readonly depth?: number;
}

/**
 * Several retrievers as one, for instance `fusedRetriever([dense, bm25], { weights: [1, 0.5] })`.
 *
 * Where scores are fused, each retriever also scores what only the others found, if it can. Measured with MiniLM and half of
 * BM25 by z-scores, nDCG@10 over 1,000 each: SciFact .739 instead of .729, NFCorpus .363 instead of .340. Ranks are fused
 * over what each found: passages far down are not in order (NFCorpus .354, and .335 with all of them).
 */
export function fusedRetriever(
  retrievers: readonly Retriever[],
  { fusion = 'z-score', depth = 1000, weights }: FusedOptions = {},
): Retriever {
  return {
    name: 'fused',
    async search(query, k, options) {
      const found = await Promise.all(
        retrievers.map((retriever) => retriever.search(query, Math.max(k, depth), options)),
      );
      const all = new Set(found.flatMap((list) => list.map(({ id }) => id)));
      const lists = await Promise.all(
        retrievers.map(async (retriever, i) => {
          const own = new Set(found[i]!.map(({ id }) => id));
          const others = [...all].filter((id) => !own.has(id));
          if (fusion === 'reciprocal-rank' || !retriever.score || others.length === 0) return found[i]!;
          const scores = await retriever.score(query, others, options);
          const rest: ScoredId[] = others.map((id, j) => ({ id, score: scores[j]! }));
          return [...found[i]!, ...rest].sort((a, b) => b.score - a.score);
        }),
      );
      return fusions[fusion](lists, { weights }).slice(0, k);
    },
  };
}

import type { RerankingModelV3 } from '@ai-sdk/provider';
import { RankforgeError } from '../../core/errors.js';
import { asReranker, type GivenReranker } from '../library/as-reranker.js';

export interface RankforgeModelOptions {
  /** @default what the reranker's settings say, else `default` */
  readonly modelId?: string;
}

/**
 * A reranking model for the AI SDK: `rerank({ model: rankforge({ model: 'qwen2.5-coder-1.5b-instruct' }), query, documents })`.
 * Objects are ranked by their JSON, as other providers do. Warnings are handed on.
 * @param given a reranker, the settings of one, or nothing for the machine's best
 * @throws RankforgeError from the call: whatever reranking throws
 */
export function rankforge(
  given?: GivenReranker,
  { modelId }: RankforgeModelOptions = {},
): RerankingModelV3 & AsyncDisposable {
  const reranker = asReranker(given);
  return {
    specificationVersion: 'v3',
    provider: 'rankforge',
    modelId: modelId ?? nameOf(given) ?? 'default',
    async doRerank({ documents, query, topN, abortSignal }) {
      checkTop(topN);
      const texts =
        documents.type === 'text'
          ? documents.values
          : documents.values.map((document) => JSON.stringify(document));
      const { results, warnings } = await reranker.rerank(query, texts, { top: topN, signal: abortSignal });
      return {
        ranking: results.map(({ index, score }) => ({ index, relevanceScore: score })),
        warnings: warnings.map(({ code, message }) => ({ type: 'other', message: `${code}: ${message}` })),
      };
    },
    [Symbol.asyncDispose]: () => reranker[Symbol.asyncDispose](),
  };
}

/** Told by the name that callers of the SDK give. */
function checkTop(topN: number | undefined): void {
  if (topN === undefined || (Number.isInteger(topN) && topN >= 0)) return;
  throw new RankforgeError('usage', `topN is ${topN}`, {
    where: 'topN',
    hint: 'Give a whole number from 0.',
  });
}

function nameOf(given: GivenReranker | undefined): string | undefined {
  if (!given || 'rerank' in given) return undefined;
  const parts = [given.model, given.compare].filter((part) => typeof part === 'string');
  return parts.length > 0 ? parts.join(' ') : undefined;
}

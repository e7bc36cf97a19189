import { type DynamicStructuredTool, tool } from '@langchain/core/tools';
import { z } from 'zod';
import { asReranker, type GivenReranker } from '../library/as-reranker.js';

const Input = z.object({
  query: z.string().min(1).describe('what is searched for'),
  documents: z.array(z.string()).min(1).max(1000).describe('texts to order'),
  top: z.number().int().positive().optional().describe('how many of the best to return'),
});

/**
 * A tool for LangChain agents: orders texts by how well they answer a query. Its answer is JSON: `[{ index, score, text }]`,
 * best first.
 * @param given a reranker, the settings of one, or nothing for the machine's best
 */
export function rerankTool(given?: GivenReranker): DynamicStructuredTool<typeof Input> {
  const reranker = asReranker(given);
  return tool(
    async ({ query, documents, top }, { signal } = {}) => {
      const { results } = await reranker.rerank(query, documents, { top, signal });
      return JSON.stringify(results.map(({ index, score, document }) => ({ index, score, text: document })));
    },
    {
      name: 'rerank',
      description: 'Orders texts by how well they answer a search query, best first, with a score each.',
      schema: Input,
    },
  ) as DynamicStructuredTool<typeof Input>;
}

import type { BaseNodePostprocessor } from '@llamaindex/core/postprocessor';
import { MetadataMode, type NodeWithScore } from '@llamaindex/core/schema';
import { RankforgeError } from '../../core/errors.js';
import { asReranker, type GivenReranker } from '../library/as-reranker.js';

export interface RankforgePostprocessorOptions {
  /** Nodes kept, best first. @default all */
  readonly top?: number;
}

type Question = Parameters<BaseNodePostprocessor['postprocessNodes']>[1];

/**
 * Reranks the nodes that a LlamaIndex retriever found: `new RetrieverQueryEngine(retriever, synthesizer, [postprocessor])`.
 * Nodes come back unchanged, best first, each with the reranker's score in place of the retriever's.
 * @throws RankforgeError from `postprocessNodes`: `usage` without a query, and whatever reranking throws
 */
export class RankforgePostprocessor implements BaseNodePostprocessor, AsyncDisposable {
  readonly #reranker;

  /** @param given a reranker, the settings of one, or nothing for the machine's best */
  constructor(
    given?: GivenReranker,
    private readonly options: RankforgePostprocessorOptions = {},
  ) {
    this.#reranker = asReranker(given);
  }

  async postprocessNodes(nodes: NodeWithScore[], question?: Question): Promise<NodeWithScore[]> {
    const query = textOf(question);
    if (query === '') {
      throw new RankforgeError('usage', 'There is no query to rank the nodes by', {
        hint: 'Pass the query, as text or as message parts with text.',
      });
    }
    const texts = nodes.map(({ node }) => node.getContent(MetadataMode.NONE));
    const { results } = await this.#reranker.rerank(query, texts, { top: this.options.top });
    return results.map(({ index, score }) => ({ node: nodes[index]!.node, score }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reranker[Symbol.asyncDispose]();
  }
}

const textOf = (question: Question): string =>
  typeof question === 'string'
    ? question
    : (question ?? [])
        .map((part) => (part.type === 'text' ? part.text : ''))
        .join('\n')
        .trim();

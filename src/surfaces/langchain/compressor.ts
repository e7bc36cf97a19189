import { Document, type DocumentInterface } from '@langchain/core/documents';
import { BaseDocumentCompressor } from '@langchain/core/retrievers/document_compressors';
import { asReranker, type GivenReranker } from '../library/as-reranker.js';

export interface RankforgeCompressorOptions {
  /** Documents kept, best first. @default all */
  readonly top?: number;
  /** Documents scored lower are dropped. Only where scores are comparable between queries: see the comparator. @default none */
  readonly minScore?: number;
  /** Documents less probably relevant are dropped. Only with a calibrated reranker: others give no probability. @default none */
  readonly minProbability?: number;
}

/**
 * Reranks what a LangChain retriever found, for instance inside a `ContextualCompressionRetriever`. Documents are
 * copied; the copies carry `relevanceScore`, and `relevanceProbability` where the reranker is calibrated, in their metadata.
 * @throws RankforgeError from `compressDocuments`: whatever reranking throws
 */
export class RankforgeCompressor extends BaseDocumentCompressor implements AsyncDisposable {
  readonly #reranker;

  /** @param given a reranker, the settings of one, or nothing for the machine's best */
  constructor(
    given?: GivenReranker,
    private readonly options: RankforgeCompressorOptions = {},
  ) {
    super();
    this.#reranker = asReranker(given);
  }

  override async compressDocuments(
    documents: readonly DocumentInterface[],
    query: string,
  ): Promise<Document[]> {
    const { top, minScore = Number.NEGATIVE_INFINITY, minProbability } = this.options;
    const { results } = await this.#reranker.rerank(
      query,
      documents.map(({ pageContent }) => pageContent),
      { top },
    );
    return results
      .filter(
        ({ score, probability }) =>
          score >= minScore && (minProbability === undefined || (probability ?? 1) >= minProbability),
      )
      .map(({ index, score, probability }) => {
        const { pageContent, metadata, id } = documents[index]!;
        return new Document({
          pageContent,
          id,
          metadata: {
            ...metadata,
            relevanceScore: score,
            ...(probability === undefined ? {} : { relevanceProbability: probability }),
          },
        });
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reranker[Symbol.asyncDispose]();
  }
}

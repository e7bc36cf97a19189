import { z } from 'zod';

/** One passage's score, by its place in the request. */
export interface ScoredIndex {
  readonly index: number;
  readonly score: number;
}

interface EndpointRequest {
  readonly model: string | undefined;
  readonly query: string;
  readonly texts: readonly string[];
}

export interface EndpointReply {
  readonly results: readonly ScoredIndex[];
  /** Where the server counts them. */
  readonly tokens?: number;
}

/** How a provider's rerank route is asked and answers. */
export interface EndpointShape {
  /** The provider's own route, where it has one. */
  readonly url?: string;
  /** Environment variables that may hold the key, in the order they are looked at. */
  readonly keys: readonly string[];
  readonly needsModel: boolean;
  /** The most passages a request may hold. */
  readonly batch: number;
  body(request: EndpointRequest): unknown;
  readonly reply: z.ZodType<EndpointReply>;
}

const count = z.number().int().nonnegative();
const Relevance = z
  .object({ index: count, relevance_score: z.number() })
  .transform(({ index, relevance_score }): ScoredIndex => ({ index, score: relevance_score }));
const TokenUsage = z.object({ total_tokens: count.nullish() }).nullish();

/** v2: https://docs.cohere.com/reference/rerank */
const cohere: EndpointShape = {
  url: 'https://api.cohere.com/v2/rerank',
  keys: ['COHERE_API_KEY', 'CO_API_KEY'],
  needsModel: true,
  batch: 1000,
  body: ({ model, query, texts }) => ({ model, query, documents: texts, top_n: texts.length }),
  reply: z
    .object({
      results: z.array(Relevance),
      meta: z.object({ tokens: z.object({ input_tokens: count.nullish() }).nullish() }).nullish(),
    })
    .transform(({ results, meta }) => ({ results, tokens: meta?.tokens?.input_tokens ?? undefined })),
};

/** https://api.jina.ai/redoc */
const jina: EndpointShape = {
  url: 'https://api.jina.ai/v1/rerank',
  keys: ['JINA_API_KEY'],
  needsModel: true,
  batch: 1000,
  body: ({ model, query, texts }) => ({
    model,
    query,
    documents: texts,
    top_n: texts.length,
    return_documents: false,
  }),
  reply: z
    .object({ results: z.array(Relevance), usage: TokenUsage })
    .transform(({ results, usage }) => ({ results, tokens: usage?.total_tokens ?? undefined })),
};

/** https://docs.voyageai.com/reference/reranker-api */
const voyage: EndpointShape = {
  url: 'https://api.voyageai.com/v1/rerank',
  keys: ['VOYAGE_API_KEY'],
  needsModel: true,
  batch: 1000,
  body: ({ model, query, texts }) => ({ model, query, documents: texts, return_documents: false }),
  reply: z
    .object({ data: z.array(Relevance), usage: TokenUsage })
    .transform(({ data, usage }) => ({ results: data, tokens: usage?.total_tokens ?? undefined })),
};

/** Text Embeddings Inference, which serves one model; `--max-client-batch-size` is 32 unless told. */
const tei: EndpointShape = {
  keys: ['TEI_API_KEY'],
  needsModel: false,
  batch: 32,
  body: ({ query, texts }) => ({ query, texts, truncate: true }),
  reply: z
    .array(z.object({ index: count, score: z.number() }))
    .transform((results): EndpointReply => ({ results })),
};

export const endpointShapes = { cohere, jina, voyage, tei } satisfies Record<string, EndpointShape>;
export type EndpointShapeName = keyof typeof endpointShapes;

import type { Passage } from '../core/passage.js';
import type { JobOptions } from '../core/progress.js';
import type { EmbeddingModel } from '../models/embedding-model.js';
import { createAnalyser } from '../retrieval/analyser.js';
import { defaultBm25 } from '../retrieval/bm25.js';
import { Bm25Index } from '../retrieval/bm25-index.js';
import { DenseIndex } from '../retrieval/dense-index.js';
import { feedbackRetriever } from '../retrieval/feedback.js';
import { fusedRetriever } from '../retrieval/fused-retriever.js';
import { bm25Retriever, denseRetriever, type Retriever } from '../retrieval/retriever.js';
import { openCachedEncoder } from './cached-encoder.js';

export interface FirstStageOptions extends JobOptions {
  /** @default 0.9 */
  readonly k1?: number;
  /** @default 0.4 */
  readonly b?: number;
  /** Encoder alias, URI or folder; `none` to work without one. @default 'all-minilm-l6-v2' */
  readonly encoder?: string;
  /** Weights of the fusions of z-scores. @default dense 1, bm25 0.5 (.740 nDCG@10 on SciFact with nothing trained), feedback 0.5 */
  readonly fusion?: { readonly bm25: number; readonly dense: number; readonly feedback: number };
}

/** The untrained rankings of a corpus: BM25 alone, and the others where there is an encoder. */
export const untrainedNames = ['bm25', 'dense', 'fused', 'feedback', 'fused-feedback'] as const;

/** The untrained rankings of one corpus, in memory. */
export interface FirstStage extends AsyncDisposable {
  readonly bm25: Bm25Index;
  readonly encoder?: EmbeddingModel;
  readonly dense?: DenseIndex;
  /**
   * By their `untrainedNames`: bm25, and with an encoder dense, fused, feedback (nearest to the centroid of the fusion's
   * top 5) and fused-feedback (all three: what students start from).
   */
  readonly retrievers: ReadonlyMap<string, Retriever>;
  /** By name, what each of them weighs in the fusion that labels and students start from; absent for the fusions themselves. */
  readonly weights: Readonly<Record<string, number>>;
  /** The best to start from: the fusion where there is an encoder, else BM25. */
  readonly best: Retriever;
}

/**
 * Indexes a corpus for every untrained ranking. Embeddings are kept by content in the cache folder, so a second opening
 * embeds nothing.
 * @throws RankforgeError `empty-corpus`, `duplicate-id`, `missing-package`, and what the weights may throw
 */
export async function openFirstStage(
  passages: ReadonlyMap<string, Passage>,
  {
    k1 = defaultBm25.k1,
    b = defaultBm25.b,
    encoder: name = 'all-minilm-l6-v2',
    fusion = { bm25: 0.5, dense: 1, feedback: 0.5 },
    ...job
  }: FirstStageOptions = {},
): Promise<FirstStage> {
  const bm25 = await Bm25Index.build(passages.values(), { k1, b, analyser: createAnalyser('english') }, job);
  const lexical = bm25Retriever(bm25);
  if (name === 'none') {
    return {
      bm25,
      retrievers: new Map([['bm25', lexical]]),
      weights: { bm25: 1 },
      best: lexical,
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const encoder = await openCachedEncoder(name, job);
  try {
    const dense = await DenseIndex.build(passages.values(), encoder, job);
    const near = denseRetriever(dense);
    const fused = fusedRetriever([near, lexical], { weights: [fusion.dense, fusion.bm25] });
    const feedback = { ...feedbackRetriever(fused, dense), name: 'feedback' };
    const three = fusedRetriever([near, lexical, feedback], {
      weights: [fusion.dense, fusion.bm25, fusion.feedback],
    });
    return {
      bm25,
      encoder,
      dense,
      retrievers: new Map([
        ['bm25', lexical],
        ['dense', near],
        ['fused', fused],
        ['feedback', feedback],
        ['fused-feedback', { ...three, name: 'fused-feedback' }],
      ]),
      weights: fusion,
      best: fused,
      [Symbol.asyncDispose]: () => encoder[Symbol.asyncDispose](),
    };
  } catch (error) {
    await encoder[Symbol.asyncDispose]();
    throw error;
  }
}

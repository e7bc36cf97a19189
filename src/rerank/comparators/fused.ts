import { passageText } from '../../core/passage.js';
import { createTurns } from '../../core/turns.js';
import { noUsage } from '../../core/usage.js';
import { dot, orderByScore, zScores } from '../../core/vectors.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import { createAnalyser } from '../../retrieval/analyser.js';
import { bm25Pair, statisticsOfTerms } from '../../retrieval/bm25.js';
import { feedbackScores } from '../../retrieval/feedback.js';
import type { Comparator } from '../comparator.js';
import { type ComparatorEntry, needed, notSo } from './entry.js';

export interface FusedOptions {
  /** Without it BM25 alone orders. It stays its opener's: disposing the comparator does not dispose it. */
  readonly encoder?: EmbeddingModel;
}

// The best of so many are taken as relevant; in a list hardly longer they would be most of it.
const feedbackTop = 5;
const feedbackFrom = 4 * feedbackTop;

// The list is what a search found: nearly every passage of it holds the query's terms, whose frequencies in it alone would
// say nothing. As many times its length are taken to be in the collection and to hold none of them.
const beyondList = 10;

/**
 * No language model: z-scores of cosine + 0.5 BM25, and from 20 passages on + 0.5 nearness to the mean of that sum's best
 * five. BM25 counts its terms in the list itself, so it wants all candidates in one group (program `full`).
 * On DL19's BM25 top 100, texts only: .662 nDCG@10, where BM25 has .506 and cosine .642.
 */
export function fusedComparator({ encoder }: FusedOptions = {}): Comparator {
  const analyse = createAnalyser('english');
  return {
    name: encoder ? 'fused' : 'bm25',
    absolute: false,
    ...(encoder ? { provenance: { modelId: encoder.id } } : {}),
    async compare(query, passages, { signal } = {}) {
      signal?.throwIfAborted();
      const turn = createTurns(signal);
      const terms: string[][] = [];
      for (const passage of passages) {
        await turn();
        terms.push(analyse(passageText(passage)));
      }
      const found = statisticsOfTerms(terms);
      const statistics = { ...found, documentCount: beyondList * found.documentCount };
      const queryTerms = analyse(query.text);
      const lexical = terms.map((passageTerms) => bm25Pair(queryTerms, passageTerms, statistics));
      const scores = encoder ? await withVectors(encoder, lexical) : lexical;
      return { order: orderByScore(scores), scores, usage: noUsage, warnings: [] };

      async function withVectors(model: EmbeddingModel, bm25: readonly number[]): Promise<number[]> {
        const [question, ...vectors] = await model.embed([query.text, ...passages.map(passageText)], {
          signal,
        });
        const cosines = zScores(vectors.map((vector) => dot(question!, vector)));
        const sum = zScores(bm25).map((score, index) => cosines[index]! + 0.5 * score);
        if (passages.length < feedbackFrom) return sum;
        const order = orderByScore(sum);
        const near = zScores(
          feedbackScores(
            order.map((index) => vectors[index]!),
            { top: feedbackTop },
          ),
        );
        order.forEach((index, rank) => {
          sum[index]! += 0.5 * near[rank]!;
        });
        return sum;
      }
    },
    cost: () => ({ calls: 0, promptTokens: 0, outputTokens: 0 }),
    async [Symbol.asyncDispose]() {},
  };
}

export const bm25Entry: ComparatorEntry = {
  form: 'bm25',
  summary: 'BM25 with the statistics of the list itself, no model',
  needs: {},
  gives: 'scores',
  create: (argument) => {
    if (argument !== undefined) throw notSo('bm25', argument);
    return fusedComparator();
  },
};

export const fusedEntry: ComparatorEntry = {
  form: 'fused[:ENCODER]',
  summary: 'BM25 and an encoder, summed; no language model',
  needs: { input: 'an encoder' },
  gives: 'scores',
  create: (_, { encoder }) => fusedComparator({ encoder: needed(encoder, 'an encoder', 'encoder') }),
};

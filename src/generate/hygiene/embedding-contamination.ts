import type { Query } from '../../core/query.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import type { CallOptions } from '../../models/language-model.js';
import type { AsyncContaminationCheck, ContaminationReason } from './contamination.js';

export interface EmbeddingContaminationOptions extends CallOptions {
  readonly model: EmbeddingModel;
  /**
   * Least cosine that counts as the same question or the same text, 0 to 1. With MiniLM .85 finds half of a few paraphrases,
   * and of unlike queries of one collection 1 to 5 % are as near to another.
   * @default 0.85
   */
  readonly threshold?: number;
  /** What the evaluation texts are, for the reason that is counted. @default 'query' */
  readonly kind?: 'query' | 'passage';
}

const textsPerCall = 64;

/**
 * A check by meaning: finds what says the same in other words, which n-grams cannot. Evaluation texts are embedded once,
 * 4 · dimensions bytes each; a check costs one embedding and a product with each of them.
 * @throws what the model throws; the signal's reason
 */
export async function embeddingContaminationCheck(
  evaluationTexts: Iterable<Pick<Query, 'text'>>,
  { model, threshold = 0.85, kind = 'query', signal }: EmbeddingContaminationOptions,
): Promise<AsyncContaminationCheck> {
  const texts = [...evaluationTexts].map(({ text }) => text).filter((text) => text.trim() !== '');
  const { dimensions } = model;
  const known = new Float32Array(texts.length * dimensions);
  for (let start = 0; start < texts.length; start += textsPerCall) {
    const vectors = await model.embed(texts.slice(start, start + textsPerCall), { signal });
    for (const [i, vector] of vectors.entries()) known.set(vector, (start + i) * dimensions);
  }
  const reason: ContaminationReason = `similar-to-evaluation-${kind}`;
  return async (text, options) => {
    if (texts.length === 0 || text.trim() === '') return undefined;
    const [vector] = await model.embed([text], options);
    return vector && nearest(known, vector) >= threshold ? reason : undefined;
  };
}

/** The largest product of a unit vector with rows of them. */
function nearest(rows: Float32Array, vector: Float32Array): number {
  let best = -1;
  for (let start = 0; start < rows.length; start += vector.length) {
    let sum = 0;
    for (let i = 0; i < vector.length; i++) sum += rows[start + i]! * vector[i]!;
    if (sum > best) best = sum;
  }
  return best;
}

import type { Passage } from '../core/passage.js';
import { passageText } from '../core/passage.js';
import type { JobOptions } from '../core/progress.js';
import type { Query } from '../core/query.js';
import { createLexicalVectors, meanVector } from '../distill/splits/lexical-vector.js';
import { createAnalyser } from '../retrieval/analyser.js';
import type { FirstStage } from './first-stage.js';

/** So many say what a query is about; those further down are often of something else. */
const firstPassages = 3;

/** What each query is about, as a unit vector of itself and its first candidates: embeddings, or terms where there is no encoder. */
export async function queryVectors(
  lists: readonly { readonly query: Query; readonly passages: readonly Passage[] }[],
  { bm25, encoder, dense }: Pick<FirstStage, 'bm25' | 'encoder' | 'dense'>,
  { signal }: Pick<JobOptions, 'signal'> = {},
): Promise<{ id: string; vector: Float32Array }[]> {
  const texts = lists.map(({ query }) => query.text);
  const lexical = createLexicalVectors(bm25.statistics(), createAnalyser('english'));
  const own = encoder && dense ? await encoder.embed(texts, { signal }) : texts.map(lexical);
  return lists.map(({ query, passages }, index) => {
    const first = passages
      .slice(0, firstPassages)
      .map((passage) => (dense ? dense.vector(passage.id) : lexical(passageText(passage))));
    const about = first.length > 0 ? [meanVector(first)] : [];
    return { id: query.id, vector: meanVector([own[index]!, ...about]) };
  });
}

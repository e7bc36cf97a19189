import { type Passage, passageText } from '../../core/passage.js';
import type { JobOptions } from '../../core/progress.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import { kMeans } from '../cluster/k-means.js';
import { vectorsOf } from '../cluster/vector-source.js';

export interface TopicsOfOptions extends JobOptions {
  readonly model: EmbeddingModel;
  readonly seed: number;
  /** Topics wanted. More of them are smaller, and shares are met more nearly. @default the root of the number of passages */
  readonly topics?: number;
}

const passagesPerCall = 64;

/**
 * The topic of each passage, by k-means on embeddings: what `splitExamples` takes so that no topic is in two parts. A
 * student is then measured on subjects that it has not been trained on.
 * @returns by a passage its topic; undefined for one that was not given
 */
export async function topicsOf(
  passages: Iterable<Passage>,
  { model, seed, topics, signal, onProgress }: TopicsOfOptions,
): Promise<(passage: Passage) => string | undefined> {
  // In the order of ids, since k-means draws its seeds by place.
  const byId = new Map([...passages].map((passage) => [passage.id, passage]));
  const sorted = [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  if (sorted.length === 0) return () => undefined;
  const vectors: Float32Array[] = [];
  for (let start = 0; start < sorted.length; start += passagesPerCall) {
    const texts = sorted.slice(start, start + passagesPerCall).map(passageText);
    vectors.push(...(await model.embed(texts, { signal })));
    onProgress?.({ stage: 'topics', done: vectors.length, total: sorted.length, unit: 'items' });
  }
  const k = Math.min(sorted.length, topics ?? Math.max(1, Math.round(Math.sqrt(sorted.length))));
  const { clusters } = await kMeans(vectorsOf(vectors, model.dimensions), { k, seed, signal });
  const topicById = new Map(sorted.map(({ id }, row) => [id, String(clusters[row])]));
  return ({ id }) => topicById.get(id);
}

import type { Example } from '../../core/example.js';
import { passageText } from '../../core/passage.js';
import type { JobOptions } from '../../core/progress.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import { openVectorStore } from '../cluster/vector-file.js';
import type { VectorSource } from '../cluster/vector-source.js';

export interface EmbedExamplesOptions extends JobOptions {
  /** `query` alone, or the query and its best passage, which tells short queries apart by their subject. @default query-and-passage */
  readonly text?: 'query' | 'query-and-passage';
}

const textsPerCall = 256;

/** One vector an example, in memory: 4 bytes a number. */
export async function embedExamples(
  examples: readonly Example[],
  encoder: EmbeddingModel,
  { text = 'query-and-passage', signal, onProgress }: EmbedExamplesOptions = {},
): Promise<VectorSource> {
  await using store = await openVectorStore(encoder.dimensions);
  for (let start = 0; start < examples.length; start += textsPerCall) {
    signal?.throwIfAborted();
    const part = examples.slice(start, start + textsPerCall);
    await store.add(
      await encoder.embed(
        part.map((example) => textOf(example, text)),
        { signal },
      ),
    );
    onProgress?.({ stage: 'embed', done: start + part.length, total: examples.length });
  }
  return store.finish();
}

function textOf({ query, passages }: Example, what: 'query' | 'query-and-passage'): string {
  if (what === 'query' || passages.length === 0) return query.text;
  const best = passages.reduce((most, next) => (next.grade > most.grade ? next : most));
  return `${query.text}\n${passageText(best.passage)}`;
}

import { rerank } from 'ai';
import { rerank as rerank7 } from 'ai7';
import { expect, test } from 'vitest';
import { rankforge } from '../../../src/surfaces/ai-sdk/reranking-model.js';
import { createReranker } from '../../../src/surfaces/library/create-reranker.js';
import { stubComparator } from '../library/stub-comparator.js';

const documents = [
  'Ticks are no insects.',
  'A flea lives for two to three months.',
  'The fleas of cats and dogs live on blood.',
];
const query = 'how many months does a flea live';

test.each([
  ['6', rerank],
  ['7', rerank7 as unknown as typeof rerank],
])('AI SDK %s reranks texts with it', async (_, call) => {
  await using model = rankforge({ compare: 'bm25' });
  const { ranking, rerankedDocuments } = await call({ model, query, documents, topN: 2 });
  expect(rerankedDocuments).toEqual([documents[1], documents[2]]);
  expect(ranking[0]).toMatchObject({ originalIndex: 1, document: documents[1] });
  expect(ranking[0]!.score).toBeGreaterThan(ranking[1]!.score);
});

test('and objects', async () => {
  const objects = documents.map((body, key) => ({ body, key }));
  const { rerankedDocuments } = await rerank({
    model: rankforge({ compare: 'bm25' }),
    query,
    documents: objects,
  });
  expect(rerankedDocuments.map(({ key }) => key)).toEqual([1, 2, 0]);
});

test('a number that is none is told by the name that the SDK has for it', async () => {
  const model = rankforge({ compare: 'bm25' });
  await expect(rerank({ model, query, documents, topN: -1, maxRetries: 0 })).rejects.toThrow('topN is -1');
});

test('it is named by its settings, and an abort reaches the reranker', async () => {
  expect(rankforge({ model: 'smollm2-135m-instruct', compare: 'likelihood' }).modelId).toBe(
    'smollm2-135m-instruct likelihood',
  );
  const stop = new AbortController();
  const compare = stubComparator({ absolute: true });
  const model = rankforge(
    createReranker({
      compare: {
        ...compare,
        async compare(...call) {
          stop.abort(new Error('enough'));
          return compare.compare(...call);
        },
      },
    }),
  );
  await expect(rerank({ model, query, documents, abortSignal: stop.signal, maxRetries: 0 })).rejects.toThrow(
    'enough',
  );
});

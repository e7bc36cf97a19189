import { expect, test } from 'vitest';
import { runRetriever } from '../../../src/generate/negatives/run-retriever.js';

const run = new Map([
  [
    'q',
    [
      { id: 'a', score: 2 },
      { id: 'b', score: 1 },
    ],
  ],
]);

test('a run as it stands, and nothing for a query that it does not answer', async () => {
  const retriever = runRetriever('peer.trec', run);
  expect(retriever.name).toBe('peer.trec');
  expect(await retriever.search({ id: 'q', text: '' }, 1)).toEqual([{ id: 'a', score: 2 }]);
  expect(await retriever.search({ id: 'other', text: '' }, 5)).toEqual([]);
  await expect(retriever.search({ id: 'q', text: '' }, 1, { signal: AbortSignal.abort() })).rejects.toThrow();
});

import { expect, test } from 'vitest';
import { RankforgeError } from '../../../src/core/errors.js';
import { startRerankServer } from '../../../src/surfaces/http/rerank-server.js';
import { documents, post, query, startServer } from './start.js';

const overflow = new RankforgeError('context-overflow', 'Too long', {
  hint: (spell) => `Give fewer ${spell('documents')}, or ${spell('method', 'sliding:10/5')}.`,
});

test.each([
  { path: '/v1/rerank', body: { documents }, field: 'documents' },
  { path: '/v1/rerank', body: { documents, top_k: 2 }, field: 'documents' },
  { path: '/v1/rerank', body: { documents, model: 'jina-reranker' }, field: 'documents' },
  { path: '/v2/rerank', body: { documents }, field: 'documents' },
  { path: '/rerank', body: { texts: documents }, field: 'texts' },
])('a hint names the fields of the API that was asked: $path $body', async ({ path, body, field }) => {
  await using server = await startServer(
    {},
    {
      before: () => {
        throw overflow;
      },
    },
  );
  const reply = await post(`${server.url}${path}`, { query, ...body });
  expect(await reply.text()).toContain(`Too long. Give fewer ${field}, or the server's method sliding:10/5.`);
});

test('who starts the server in code is told of options', async () => {
  const reranker = { rerank: () => Promise.reject(new Error('not asked')) };
  await expect(startRerankServer({ reranker, host: '0.0.0.0' })).rejects.toMatchObject({
    hint: expect.stringMatching(/the option "apiKeys"; the option "allowOpen"/),
  });
});

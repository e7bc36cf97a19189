import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, test } from 'vitest';
import { startRerankServer } from '../../../src/surfaces/http/rerank-server.js';
import { createReranker } from '../../../src/surfaces/library/create-reranker.js';
import { startMcpServer } from '../../../src/surfaces/mcp/serve-http.js';
import { post } from '../http/start.js';
import { call, connectClient } from '../mcp/tools.js';
import { wordComparator } from '../word-comparator.js';

const request = { query: 'hot oven', documents: ['bread', 'the oven is hot', 'an oven'] };
const best = { results: [{ index: 1 }, { index: 2 }, { index: 0 }] };

test('what createReranker makes is served over HTTP as it is', async () => {
  await using reranker = createReranker({ compare: wordComparator() });
  await using server = await startRerankServer({ port: 0, reranker });
  const reply = await post(`${server.url}/v2/rerank`, request);
  expect([reply.status, await reply.json()]).toMatchObject([200, best]);
});

test('and to agents', async () => {
  await using reranker = createReranker({ compare: wordComparator() });
  await using server = await startMcpServer({ port: 0, reranker });
  const client = await connectClient(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)));
  expect(await call(client, 'rerank', request)).toMatchObject(best);
  await client.close();
});

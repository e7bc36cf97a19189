import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, test } from 'vitest';
import { RankforgeError } from '../../../src/core/errors.js';
import { composeReranker } from '../../../src/rerank/reranker.js';
import type { PassageSearch } from '../../../src/surfaces/mcp/passage-search.js';
import { type McpHttpOptions, startMcpServer } from '../../../src/surfaces/mcp/serve-http.js';
import { type WordComparatorOptions, wordComparator } from '../word-comparator.js';
import { call, connectClient } from './tools.js';

const start = (options: Partial<McpHttpOptions> = {}, comparing: WordComparatorOptions = {}) =>
  startMcpServer({
    port: 0,
    reranker: composeReranker({ program: 'full', comparator: wordComparator(comparing) }),
    ...options,
  });

const connect = (url: string, key?: string) =>
  connectClient(
    new StreamableHTTPClientTransport(new URL(`${url}/mcp`), {
      requestInit: { headers: key ? { authorization: `Bearer ${key}` } : {} },
    }),
  );

const request = { query: 'hot oven', documents: ['bread', 'the oven is hot', 'an oven'] };

test('rerank over HTTP, several clients at once', async () => {
  await using server = await start();
  const clients = await Promise.all([1, 2, 3].map(() => connect(server.url)));
  const answers = await Promise.all(clients.map((client) => call(client, 'rerank', request)));
  for (const answer of answers) {
    expect(answer).toMatchObject({ results: [{ index: 1 }, { index: 2 }, { index: 0 }] });
  }
  const { tools } = await clients[0]!.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['rerank']);
  await Promise.all(clients.map((client) => client.close()));
});

test('a key is asked for', async () => {
  await using server = await start({ apiKeys: ['k'] });
  await expect(connect(server.url)).rejects.toThrow(/API key/);
  const client = await connect(server.url, 'k');
  expect(await call(client, 'rerank', request)).toMatchObject({ results: [{ index: 1 }, {}, {}] });
  await client.close();
});

test('failures are tool errors with what to do; bugs say nothing of themselves', async () => {
  let thrown: unknown = new RankforgeError('server-unreachable', 'The server is away', { hint: 'Start it.' });
  await using server = await start(
    {},
    {
      before: () => {
        throw thrown;
      },
    },
  );
  const client = await connect(server.url);
  expect(await call(client, 'rerank', request)).toBe('The server is away. Start it.');
  thrown = new RankforgeError('context-overflow', 'Too long', {
    hint: (spell) => `Give fewer ${spell('documents')}, or raise ${spell('contextSize')}.`,
  });
  expect(await call(client, 'rerank', request)).toBe(
    "Too long. Give fewer documents, or raise the server's context size.",
  );
  thrown = new Error('inner detail');
  expect(await call(client, 'rerank', request)).toMatch(/^Internal error/);
  await client.close();
});

test('a cancelled call stops its work, and a full queue is a tool error', async () => {
  const seen = { began: 0, aborted: 0 };
  await using server = await start(
    { concurrency: 1, waiting: 0 },
    {
      before: (signal) =>
        new Promise((_, reject) => {
          seen.began += 1;
          signal?.addEventListener('abort', () => {
            seen.aborted += 1;
            reject(signal.reason);
          });
        }),
    },
  );
  const client = await connect(server.url);
  const leaving = await connect(server.url);
  const running = call(leaving, 'rerank', request).catch(() => 'gone');
  await expect.poll(() => seen.began).toBe(1);
  expect(await call(client, 'rerank', request)).toMatch(/wait already; try again in/);
  // Without sessions there is nobody to tell of a cancellation: closing the connection is one.
  await leaving.close();
  expect(await running).toBe('gone');
  await expect.poll(() => seen.aborted).toBe(1);
  await client.close();
});

test('a search waits for its turn before it looks for passages', async () => {
  let searching = 0;
  let go = (): void => {};
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  const passage = { id: 'p', text: 'the oven is hot' };
  const search: PassageSearch = {
    passages: new Map([['p', passage]]),
    async retrieve(text) {
      searching += 1;
      await gone;
      return { query: { id: 'q', text }, items: [{ passage }] };
    },
    async [Symbol.asyncDispose]() {},
  };
  await using server = await start({ concurrency: 1, waiting: 1, search });
  const clients = await Promise.all([1, 2, 3].map(() => connect(server.url)));
  const asked = { query: 'hot oven' };
  const first = call(clients[0]!, 'search', asked);
  await expect.poll(() => searching).toBe(1);
  // One more may wait, the third is sent away: in whichever order the two are seen.
  const others = [call(clients[1]!, 'search', asked), call(clients[2]!, 'search', asked)];
  expect(await Promise.race(others)).toMatch(/wait already; try again in/);
  expect(searching).toBe(1);
  go();
  expect(await first).toMatchObject({ results: [{ id: 'p' }] });
  const ends = await Promise.all(others);
  expect(ends.filter((end) => typeof end !== 'string')).toMatchObject([{ results: [{ id: 'p' }] }]);
  await Promise.all(clients.map((client) => client.close()));
});

test('bad requests are answered as JSON-RPC errors', async () => {
  await using server = await start(
    { maxBytes: 2000, timeLimit: 300 },
    { before: () => new Promise(() => {}) },
  );
  const post = async (body: string, headers: Record<string, string> = {}) => {
    const reply = await fetch(`${server.url}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body,
    });
    return { status: reply.status, body: (await reply.json()) as { error?: { message: string } } };
  };
  const asRpc = { error: { message: expect.any(String) } };
  expect(await post('{"jsonrpc":')).toMatchObject({ status: 400, body: asRpc });
  expect(await post('{"hello":1}')).toMatchObject({ status: 400, body: asRpc });
  expect(await post('x'.repeat(3000))).toMatchObject({ status: 413, body: asRpc });
  expect(await post('{}', { 'content-type': 'text/plain' })).toMatchObject({ status: 415, body: asRpc });
  expect(await post('{}', { origin: 'https://evil.example' })).toMatchObject({ status: 403, body: asRpc });
  expect((await fetch(`${server.url}/mcp`)).status).toBe(405);
  const slow = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'rerank', arguments: request },
  });
  expect(await post(slow)).toMatchObject({ status: 504, body: asRpc });
});

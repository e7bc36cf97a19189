import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, connectClient } from './tools.js';

const dataset = mkdtempSync(join(tmpdir(), 'rankforge-mcp-'));
const passages = ['Bread is baked in an oven.', 'The oven is hot.', 'Rain falls on the sea.'];
writeFileSync(
  join(dataset, 'corpus.jsonl'),
  passages
    .map((line, index) => JSON.stringify({ _id: `p${index}`, title: `T${index}`, text: line }))
    .join('\n'),
);
const command = [
  ...['--import', 'tsx', 'src/surfaces/cli/main.ts', 'mcp', '--compare', 'bm25'],
  ...['--dataset', dataset, '--max-documents', '20'],
];

let client: Client;
let errors = '';
beforeAll(async () => {
  const transport = new StdioClientTransport({ command: process.execPath, args: command, stderr: 'pipe' });
  transport.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  client = await connectClient(transport);
});
afterAll(() => client.close());

test('it says what it is and has two tools with schemas', async () => {
  expect(client.getServerVersion()).toMatchObject({ name: 'rankforge' });
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['rerank', 'search']);
  expect(tools[0]!.inputSchema).toMatchObject({
    required: ['query', 'documents'],
    properties: { documents: { type: 'array', minItems: 1, maxItems: 20 } },
  });
  expect(errors).toContain('Speaking MCP');
});

test('rerank', async () => {
  expect(
    await call(client, 'rerank', { query: 'hot oven', documents: [...passages, ...passages], top_n: 2 }),
  ).toMatchObject({
    results: [
      { rank: 1, index: 1, score: 1, text: passages[1] },
      { rank: 2, index: 4, text: passages[1] },
    ],
    scores: 'order',
    warnings: [],
  });
});

test('search', async () => {
  expect(await call(client, 'search', { query: 'where is bread baked' })).toMatchObject({
    results: [{ rank: 1, id: 'p0', title: 'T0', text: passages[0] }],
  });
  expect(await call(client, 'search', { query: 'zeppelin' })).toMatchObject({
    results: [],
    scores: 'order',
  });
});

test.each([
  ['no query', { documents: ['a'] }, /query/],
  ['no documents', { query: 'x', documents: [] }, /documents/],
  ['a document that is no text', { query: 'x', documents: [7] }, /documents/],
  ['too many documents', { query: 'x', documents: Array.from({ length: 21 }, () => 'a') }, /documents|20/],
  ['far too many', { query: 'x', documents: Array.from({ length: 10_001 }, () => 'a') }, /elements/],
  ['a document that is too long', { query: 'x', documents: ['a'.repeat(100_001)] }, /documents/],
  ['top_n of 0', { query: 'x', documents: ['a'], top_n: 0 }, /top_n/],
])('%s is a tool error', async (_, args, message) => {
  expect(await call(client, 'rerank', args)).toMatch(message);
});

test('an unknown tool is an error, and the server goes on', async () => {
  expect(await call(client, 'erase', {})).toMatch(/erase/);
  expect(await call(client, 'rerank', { query: 'x', documents: ['a'] })).toMatchObject({
    results: [{ index: 0 }],
  });
});

test('lines that are no JSON-RPC are passed over, stdout carries the protocol alone, and the end of stdin is the end', async () => {
  const child = spawn(process.execPath, command, { stdio: ['pipe', 'pipe', 'pipe'] });
  const output = text(child.stdout);
  child.stdin.write('hello\n{"half": \n[]\n');
  child.stdin.write(
    `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } } })}\n`,
  );
  await once(child.stdout, 'data');
  child.stdin.end();
  expect((await once(child, 'exit'))[0]).toBe(0);
  const lines = (await output).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { id: 1, result: { serverInfo: { name: 'rankforge' } } },
  ]);
});

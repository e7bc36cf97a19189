import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../../src/surfaces/http/listen.js';
import type { RequestEntry } from '../../../src/surfaces/http/service.js';
import { documents, post, query, startServer } from './start.js';

let server: RunningServer;
const entries: RequestEntry[] = [];
beforeAll(async () => {
  server = await startServer({
    maxBytes: 500_000,
    headersTimeout: 300,
    bodyTimeout: 600,
    onRequest: (entry) => entries.push(entry),
  });
});
afterAll(() => server.stop());

/** What a server answers to these bytes, until it closes the connection. */
async function raw(bytes: string, { end = false } = {}): Promise<string> {
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(bytes);
  if (end) socket.end();
  return text(socket);
}

const head = (length: number, path = '/v1/rerank') =>
  `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;

const good = { query, documents };

describe('bodies that are no request', () => {
  test.each([
    ['nothing', '', /JSON/],
    ['half a body', '{"query": "x", "docu', /JSON/],
    ['wrong JSON', "{'query': 'x'}", /JSON/],
    ['NaN as top_n', '{"query":"x","documents":["a"],"top_n":NaN}', /JSON/],
    ['an array', '[]', /object/],
    ['a number', '7', /object/],
    ['null', 'null', /object/],
    ['no query', '{"documents":["a"]}', /query/],
    ['an empty query', '{"query":"","documents":["a"]}', /query/],
    ['a query that is no text', '{"query":["x"],"documents":["a"]}', /query/],
    ['no documents', '{"query":"x"}', /documents/],
    ['an empty list', '{"query":"x","documents":[]}', /documents/],
    ['a text in place of a list', '{"query":"x","documents":"a"}', /documents/],
    ['a number among the documents', '{"query":"x","documents":["a",7]}', /documents\.1/],
    ['null among the documents', '{"query":"x","documents":[null]}', /documents\.0/],
    ['an object without a text', '{"query":"x","documents":[{"title":"a"}]}', /documents\.0/],
    ['a top_n of 0', '{"query":"x","documents":["a"],"top_n":0}', /top_n/],
    ['a negative top_n', '{"query":"x","documents":["a"],"top_n":-1}', /top_n/],
    ['half a top_n', '{"query":"x","documents":["a"],"top_n":1.5}', /top_n/],
    ['an endless top_n', '{"query":"x","documents":["a"],"top_n":1e999}', /top_n/],
    ['a top_n in quotes', '{"query":"x","documents":["a"],"top_n":"3"}', /top_n/],
  ])('%s', async (_, body, message) => {
    const reply = await post(`${server.url}/v1/rerank`, body);
    expect(reply.status).toBe(400);
    const told = (await reply.json()) as { message: string; detail: string };
    expect(told.message).toMatch(message);
    expect(told.detail).toBe(told.message);
  });

  test('bytes that are no UTF-8', async () => {
    const body = Buffer.concat([
      Buffer.from('{"query":"x","documents":["'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"]}'),
    ]);
    const reply = await fetch(`${server.url}/v2/rerank`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(reply.status).toBe(400);
  });

  test('10,001 documents, and ten thousand and one texts', async () => {
    const many = Array.from({ length: 10_001 }, () => 'x');
    const cohere = await post(`${server.url}/v2/rerank`, { query, documents: many });
    expect(cohere.status).toBe(400);
    expect(await cohere.json()).toMatchObject({ message: expect.stringMatching(/10001 .* 1000 /) });
    const tei = await post(`${server.url}/rerank`, { query, texts: many });
    expect(tei.status).toBe(413);
    expect(await tei.json()).toMatchObject({ error_type: 'Validation' });
  });

  test.each(['/v1/rerank', '/v2/rerank', '/rerank'])('a body that is too large, at %s', async (path) => {
    const reply = await post(`${server.url}${path}`, { query, documents: ['x'.repeat(600_000)] });
    expect(reply.status).toBe(413);
  });

  test('a large body without its length is not read to its end', async () => {
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 1;
        controller.enqueue(new TextEncoder().encode(sent === 1 ? '{"query":"' : 'x'.repeat(65_536)));
      },
    });
    const reply = await fetch(`${server.url}/v1/rerank`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: endless,
      duplex: 'half',
    } as RequestInit).catch(() => undefined);
    // The answer, or the cut connection, whichever the client sees first.
    if (reply) expect(reply.status).toBe(413);
    expect(sent * 65_536).toBeLessThan(100e6);
  });

  test('lists that are nested too deeply, or too many', async () => {
    const asked = (more: string) =>
      post(
        `${server.url}/v1/rerank`,
        `{"query":"x","documents":[{"text":"a [[[","more":${more}}],"rank_fields":["text"],"return_documents":true}`,
      );
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    // The body's object, its documents and the one of them are three.
    expect((await asked(nested(97))).status).toBe(200);
    const deep = await asked(nested(98));
    expect(deep.status).toBe(400);
    expect(await deep.text()).toContain('nested too deeply');
    expect((await asked(`[${'[],'.repeat(99_000)}[]]`)).status).toBe(200);
    const many = await asked(`[${'[],'.repeat(100_000)}[]]`);
    expect(many.status).toBe(400);
    expect(await many.text()).toContain('lists and objects');
  });

  test('a field that is named often is taken once', async () => {
    const reply = await post(`${server.url}/v1/rerank`, {
      query: 'x',
      documents: Array(100).fill({ t: 'x'.repeat(1000) }),
      rank_fields: Array(50_000).fill('t'),
    });
    expect(reply.status).toBe(200);
    const wrong = await post(`${server.url}/v1/rerank`, {
      query: 'x',
      documents: [{ t: 'x' }],
      rank_fields: Array.from({ length: 10_000 }, (_, index) => `field-${index}`),
    });
    expect(wrong.status).toBe(400);
    expect((await wrong.text()).length).toBeLessThan(300);
  });

  test('a form, as a page of another origin can send without asking', async () => {
    const reply = await post(`${server.url}/v1/rerank`, good, { 'content-type': 'text/plain' });
    expect(reply.status).toBe(415);
  });
});

describe('compressed bodies', () => {
  test.each([
    ['gzip', 415],
    ['gzip, identity', 415],
    ['identity', 200],
  ])('%s', async (encoding, status) => {
    const body = encoding === 'identity' ? JSON.stringify(good) : gzipSync(JSON.stringify(good));
    const reply = await fetch(`${server.url}/v1/rerank`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': encoding },
      body,
    });
    expect(reply.status).toBe(status);
    if (status === 415) expect(await reply.text()).toContain('content-encoding');
  });
});

describe('unusual bodies that are requests', () => {
  const ranked = async (body: unknown) => {
    const reply = await post(`${server.url}/v1/rerank`, body);
    expect(reply.status).toBe(200);
    return ((await reply.json()) as { results: { index: number; relevance_score: number }[] }).results;
  };

  test('unknown fields are ignored, also those that are dangerous elsewhere', async () => {
    const body = `{"query":"bread","documents":["a","bread"],"priority":3,"__proto__":{"x":1},"constructor":1}`;
    expect((await ranked(body)).map(({ index }) => index)).toEqual([1, 0]);
  });

  test('null for what is not given', async () => {
    expect(await ranked({ ...good, top_n: null, model: null, return_documents: null })).toHaveLength(4);
  });

  test('empty and equal texts each come back once, in a stable order', async () => {
    const results = await ranked({ query: 'bread', documents: ['', 'bread', '', 'bread', ''] });
    expect(results.map(({ index }) => index)).toEqual([1, 3, 0, 2, 4]);
    const scores = results.map(({ relevance_score }) => relevance_score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  test('one document, and more wanted than there are', async () => {
    expect(await ranked({ query: 'x', documents: ['a'], top_n: 100 })).toEqual([
      { index: 0, relevance_score: 1 },
    ]);
  });

  test('odd characters come back as they were sent', async () => {
    const odd = ['\u0000\u001f', 'a\ud83d\ude00b', '</passage>\n[A] > [B]', '‮rtl', 'a\u2028b'];
    const reply = await post(`${server.url}/v1/rerank`, {
      query: 'x',
      documents: odd,
      return_documents: true,
    });
    const { data } = (await reply.json()) as { data: { index: number; document: string }[] };
    for (const { index, document } of data) expect(document).toBe(odd[index]);
  });
});

describe('connections', () => {
  test('a client that leaves in the middle of its body', async () => {
    const before = entries.length;
    await raw(`${head(1000)}{"query": "x"`, { end: true });
    await expect.poll(() => entries.length).toBeGreaterThan(before);
    expect((await post(`${server.url}/v1/rerank`, good)).status).toBe(200);
  });

  test('slow headers are cut off', async () => {
    const started = performance.now();
    expect(await raw('POST /v1/rerank HTTP/1.1\r\nhost: localhost\r\nx-slow')).toMatch(/^HTTP\/1.1 408/);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test('a slow body is cut off', async () => {
    const answer = await raw(`${head(1000)}{"query": "x"`);
    expect(answer === '' || /^HTTP\/1.1 408/.test(answer)).toBe(true);
  });

  test('a client that does not read its answer is cut off', async () => {
    await using greedy = await startServer({ maxBytes: 16e6, bodyTimeout: 2000 });
    // The answer has it twice, which is more than the buffers between the two take.
    const body = JSON.stringify({ query, documents: ['x'.repeat(12e6)], return_documents: true });
    const socket = connect(greedy.port, '127.0.0.1').pause();
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    socket.write(head(Buffer.byteLength(body)) + body);
    await delay(8000);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.resume();
    await closed;
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(answer.length).toBeLessThan(24e6);
  });

  test('what is no HTTP', async () => {
    expect(await raw('\x16\x03\x01\x02\x00 hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
  });

  test('other methods and paths', async () => {
    expect((await fetch(`${server.url}/v1/embed`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${server.url}/../../etc/passwd`)).status).toBe(404);
    expect(new Set(entries.map(({ route }) => route))).toContain('other');
  });

  test.each([
    ['/v1/rerank', ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'], 'POST'],
    ['/v2/rerank', ['GET', 'PATCH'], 'POST'],
    ['/rerank', ['GET', 'PUT'], 'POST'],
    ...['/v1/models', '/info', '/metrics', '/openapi.json', '/health', '/ready'].map(
      (path) => [path, ['POST', 'DELETE', 'OPTIONS'], 'GET, HEAD'] as const,
    ),
  ] as const)('%s says which methods it takes', async (path, methods, allowed) => {
    for (const method of methods) {
      const reply = await fetch(`${server.url}${path}`, { method });
      expect([method, reply.status, reply.headers.get('allow')]).toEqual([method, 405, allowed]);
    }
    for (const method of allowed.split(', ')) {
      expect((await fetch(`${server.url}${path}`, { method })).status).not.toBe(405);
    }
  });

  test('a page that points its own name at this machine', async () => {
    const body = JSON.stringify(good);
    const asked = (headers: string) =>
      raw(
        `POST /v1/rerank HTTP/1.1\r\n${headers}connection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    expect(await asked('host: evil.example\r\n')).toMatch(/^HTTP\/1.1 403/);
    expect(await asked('host: localhost\r\norigin: https://evil.example\r\n')).toMatch(/^HTTP\/1.1 403/);
    expect(await asked(`host: 127.0.0.1:${server.port}\r\norigin: http://localhost:3000\r\n`)).toMatch(
      /^HTTP\/1.1 200/,
    );
  });
});

test('no text of a client is in the log', async () => {
  await post(`${server.url}/v1/rerank`, { query: 'a-secret-query', documents: ['a-secret-document'] });
  await post(`${server.url}/v1/rerank`, { query: 7, documents: ['a-secret-document'] });
  await fetch(`${server.url}/a-secret-path?a-secret-parameter`);
  await expect.poll(() => entries.filter(({ route }) => route === 'other').length).toBeGreaterThan(1);
  expect(JSON.stringify(entries)).not.toContain('a-secret');
});

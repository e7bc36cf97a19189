import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { RankforgeError } from '../../../src/core/errors.js';
import { readApiKeys } from '../../../src/surfaces/http/api-keys.js';
import type { RunningServer } from '../../../src/surfaces/http/listen.js';
import type { RequestEntry } from '../../../src/surfaces/http/service.js';
import { documents, post, query, startServer } from './start.js';

const body = { query, documents };
const rerank = ({ url }: RunningServer, headers?: Record<string, string>, signal?: AbortSignal) =>
  fetch(`${url}/v1/rerank`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal,
  });

/** A comparison that waits until it is let go or aborted, and what has been seen of it. */
function gate() {
  const seen = { began: 0, aborted: 0 };
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    seen,
    open: () => open(),
    async before(signal: AbortSignal | undefined) {
      seen.began += 1;
      await Promise.race([
        opened,
        new Promise<never>((_, reject) =>
          signal?.addEventListener('abort', () => {
            seen.aborted += 1;
            reject(signal.reason);
          }),
        ),
      ]);
    },
  };
}

describe('keys', () => {
  test('each of several is good, and nothing else', async () => {
    await using server = await startServer({ apiKeys: ['first-key', 'second-key'] });
    const status = async (authorization?: string) =>
      (await rerank(server, authorization === undefined ? {} : { authorization })).status;
    expect(await status('Bearer first-key')).toBe(200);
    expect(await status('bearer second-key')).toBe(200);
    for (const wrong of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Bearer first',
      'Bearer first-key2',
      'Basic first-key',
      'first-key',
    ])
      expect(await status(wrong)).toBe(401);
    for (const path of ['/metrics', '/v1/models', '/info', '/openapi.json', '/other'])
      expect((await fetch(server.url + path)).status).toBe(401);
    for (const path of ['/health', '/ready']) expect((await fetch(server.url + path)).status).toBe(200);
  });

  test('a file of keys', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'rankforge-keys-')), 'keys');
    writeFileSync(file, '# for the team\r\none\r\n\r\n  two  \n');
    expect(await readApiKeys(file)).toEqual(['one', 'two']);
    for (const text of ['', '# none\n', 'one key with spaces\n']) {
      writeFileSync(file, text);
      const error = await readApiKeys(file).catch((thrown) => thrown);
      expect(error).toMatchObject({ code: 'bad-file' });
      expect(error.message).not.toContain('spaces\n');
    }
    await expect(readApiKeys(`${file}-not-there`)).rejects.toMatchObject({ code: 'missing-file' });
  });

  test('beyond this machine only with a key, unless asked for', async () => {
    await expect(startServer({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'usage' });
    await using open = await startServer({ host: '0.0.0.0', allowOpen: true });
    expect((await fetch(`http://127.0.0.1:${open.port}/v1/models`)).status).toBe(200);
    await using keyed = await startServer({ host: '0.0.0.0', apiKeys: ['k'] });
    expect((await fetch(`http://127.0.0.1:${keyed.port}/v1/models`)).status).toBe(401);
  });
});

test('a port that is taken is a typed error', async () => {
  await using server = await startServer();
  await expect(startServer({ port: server.port })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('taken'),
  });
});

describe('the queue', () => {
  const waitingIn = async ({ url }: { readonly url: string }): Promise<number> =>
    Number(/^rankforge_rerank_waiting (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]);

  test('who comes when it is full is sent away with a time to come back, and the others are served', async () => {
    const held = gate();
    await using server = await startServer({ concurrency: 2, waiting: 1 }, held);
    const running = [rerank(server), rerank(server)];
    await expect.poll(() => held.seen.began).toBe(2);
    const waiting = rerank(server);
    await expect.poll(() => waitingIn(server)).toBe(1);
    const refused = await post(`${server.url}/rerank`, { query, texts: documents });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refused.json()).toMatchObject({ error_type: 'Overloaded' });
    held.open();
    for (const reply of await Promise.all([...running, waiting])) expect(reply.status).toBe(200);
  });

  test('a client that leaves stops its work and frees its place; one that waited never begins', async () => {
    const held = gate();
    const entries: RequestEntry[] = [];
    await using server = await startServer(
      { concurrency: 1, waiting: 2, onRequest: (entry) => entries.push(entry) },
      held,
    );
    const left = () => entries.filter(({ status }) => status === 499).length;
    const [first, second] = [new AbortController(), new AbortController()];
    const running = rerank(server, {}, first.signal).catch(() => 'gone');
    await expect.poll(() => held.seen.began).toBe(1);
    const waiting = rerank(server, {}, second.signal).catch(() => 'gone');
    await expect.poll(() => waitingIn(server)).toBe(1);
    second.abort();
    await expect.poll(left).toBe(1);
    expect(held.seen).toMatchObject({ began: 1, aborted: 0 });
    first.abort();
    await expect.poll(left).toBe(2);
    expect(held.seen).toMatchObject({ began: 1, aborted: 1 });
    expect(await Promise.all([running, waiting])).toEqual(['gone', 'gone']);
    held.open();
    expect((await rerank(server)).status).toBe(200);
  });

  test('a request that takes too long is told so, and its work is stopped', async () => {
    const held = gate();
    await using server = await startServer({ timeLimit: 100 }, held);
    const reply = await post(`${server.url}/v2/rerank`, body);
    expect(reply.status).toBe(504);
    expect(await reply.json()).toMatchObject({ message: expect.stringContaining('0.1 s') });
    expect(held.seen.aborted).toBe(1);
  });

  test('work that does not heed its signal keeps its place until it ends', async () => {
    let open = () => {};
    const stubborn = new Promise<void>((resolve) => {
      open = resolve;
    });
    await using server = await startServer(
      { timeLimit: 100, concurrency: 1, waiting: 0 },
      { before: () => stubborn },
    );
    expect((await rerank(server)).status).toBe(504);
    expect((await rerank(server)).status).toBe(429);
    open();
    await expect.poll(async () => (await rerank(server)).status).toBe(200);
  });
});

describe('failures of the reranker', () => {
  const failures: unknown[] = [];
  const failing = (error: unknown) =>
    startServer(
      { onFailure: (cause) => failures.push(cause) },
      {
        before: () => {
          throw error;
        },
      },
    );
  const error = (code: ConstructorParameters<typeof RankforgeError>[0], retryAfterMs?: number) =>
    new RankforgeError(code, 'no: upstream-detail', { hint: 'Wait.', retryAfterMs });

  test.each([
    [error('rate-limited', 2500), 429, '3'],
    [error('server-error'), 502, null],
    [error('refused-key'), 502, null],
    [error('unparsed-ranking'), 502, null],
    [error('timeout'), 504, null],
    [error('budget-exhausted'), 503, null],
    [error('context-overflow'), 400, null],
    [new Error('upstream-detail'), 500, null],
  ])('%s is a %i', async (thrown, status, retryAfter) => {
    await using server = await failing(thrown);
    const reply = await post(`${server.url}/v2/rerank`, body);
    expect(reply.status).toBe(status);
    expect(reply.headers.get('retry-after')).toBe(retryAfter);
    const { message } = (await reply.json()) as { message: string };
    if (status !== 400) expect(message).not.toContain('upstream-detail');
    // Who runs the server can be told all of it.
    expect(failures.at(-1)).toMatchObject({ message: thrown.message });
  });

  test('a failed model is a 424 of type Backend to a client of text-embeddings-inference', async () => {
    await using server = await failing(error('server-error'));
    const reply = await post(`${server.url}/rerank`, { query, texts: documents });
    expect(reply.status).toBe(424);
    expect(await reply.json()).toMatchObject({ error_type: 'Backend' });
  });
});

test('stopping does not wait for connections that ask nothing', async () => {
  const server = await startServer();
  const silent = connect(server.port, '127.0.0.1');
  await once(silent, 'connect');
  expect((await rerank(server)).status).toBe(200);
  const started = performance.now();
  await Promise.all([server.stop(), server.stop(), once(silent, 'close')]);
  expect(performance.now() - started).toBeLessThan(1000);
  await expect(rerank(server)).rejects.toThrow();
});

test('requests that have come as the server stops are answered, each of them', async () => {
  const server = await startServer();
  const asked = Buffer.from(JSON.stringify(body));
  const sockets = Array.from({ length: 40 }, () => connect(server.port, '127.0.0.1'));
  const answers = sockets.map((socket) => text(socket));
  // The system has the connections and the bytes; which of them the server has read is not known here.
  await Promise.all(
    sockets.map(async (socket) => {
      await once(socket, 'connect');
      socket.write(
        `POST /v2/rerank HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${asked.length}\r\n\r\n`,
      );
      await new Promise((written) => socket.write(asked, written));
    }),
  );
  await server.stop();
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1.1 (200|503) /);
});

test('request ids: the client’s where it is one, else a new one', async () => {
  await using server = await startServer();
  expect((await rerank(server, { 'x-request-id': 'turn-12:3' })).headers.get('x-request-id')).toBe(
    'turn-12:3',
  );
  const odd = await rerank(server, { 'x-request-id': 'a b"<script>' });
  expect(odd.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
});

test('metrics count what happened, and carry nothing that a client sent', async () => {
  await using server = await startServer(
    { name: 'words' },
    { warnings: [{ code: 'truncated-passage', message: 'cut' }] },
  );
  await rerank(server, { 'x-request-id': 'from-a-client' });
  await post(`${server.url}/v2/rerank`, {});
  await fetch(`${server.url}/from-a-client`);
  const reply = await fetch(`${server.url}/metrics`);
  expect(reply.headers.get('content-type')).toMatch(/^text\/plain/);
  const text = await reply.text();
  for (const line of [
    'rankforge_http_requests_total{route="/v1/rerank",shape="common",status="200"} 1',
    'rankforge_http_requests_total{route="/v2/rerank",shape="cohere-v2",status="400"} 1',
    'rankforge_http_requests_total{route="other",shape="",status="404"} 1',
    'rankforge_http_request_duration_seconds_count{route="/v1/rerank"} 1',
    'rankforge_rerank_documents_sum 4',
    'rankforge_model_calls_total 1',
    'rankforge_model_tokens_total{kind="prompt"} 10',
    'rankforge_rerank_warnings_total{code="truncated-passage"} 1',
    'rankforge_rerank_running 0',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).toMatch(/^rankforge_info\{version="[\d.]+",model="words"\} 1$/m);
  expect(text).not.toContain('from-a-client');
});

describe('the OpenAPI document', () => {
  interface Document {
    readonly paths: Record<string, Record<string, unknown>>;
    readonly components: { readonly schemas: Record<string, unknown> };
  }

  test('names every route that is served, and each reference in it leads somewhere', async () => {
    await using server = await startServer();
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as Document;
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const method of Object.keys(methods)) {
        const { status } = await fetch(server.url + path, { method });
        expect([404, 405]).not.toContain(status);
      }
    }
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(20);
    for (const [, name] of references) expect(document.components.schemas).toHaveProperty(name!);
  });
});

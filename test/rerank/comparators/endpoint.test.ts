import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type EndpointOptions,
  endpointComparator,
} from '../../../src/rerank/comparators/endpoint/endpoint.js';
import { openComparator } from '../../../src/rerank/comparators/registry.js';
import { composeReranker } from '../../../src/rerank/reranker.js';

interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: what a server of another shape reads from it
  readonly body: any;
}

type Answer = (response: ServerResponse, asked: Asked, index: number) => void;

/** A rerank server on loopback. */
async function serve(answer: Answer) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const one = { path: request.url!, headers: request.headers, body: JSON.parse(text) };
    asked.push(one);
    answer(response, one, asked.length - 1);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

const json = (
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

const query = { id: 'q', text: 'how long do fleas live' };
const passages = ['alpha', 'beta', 'gamma'].map((text, index) => ({ id: `p${index}`, text }));
const relevance = [
  { index: 2, relevance_score: 0.9 },
  { index: 0, relevance_score: 0.5 },
  { index: 1, relevance_score: 0.1 },
];
const quick = { retries: 0, minRetryMs: 1 } satisfies Partial<EndpointOptions>;
const secret = 'sk-very-secret-7f3a';

beforeEach(() => {
  for (const name of ['COHERE_API_KEY', 'CO_API_KEY', 'JINA_API_KEY', 'VOYAGE_API_KEY', 'TEI_API_KEY'])
    vi.stubEnv(name, '');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

// Replies as the providers' API references show them.
const shapes = [
  {
    shape: 'cohere',
    key: 'COHERE_API_KEY',
    reply: {
      id: '07734bd2-2473-4f07-94e1-0d9f0e6843cf',
      results: relevance,
      meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } },
    },
    body: { documents: ['alpha', 'beta', 'gamma'], top_n: 3 },
    tokens: undefined,
  },
  {
    shape: 'jina',
    key: 'JINA_API_KEY',
    reply: { model: 'm', usage: { total_tokens: 38, prompt_tokens: 38 }, results: relevance },
    body: { documents: ['alpha', 'beta', 'gamma'], top_n: 3, return_documents: false },
    tokens: 38,
  },
  {
    shape: 'voyage',
    key: 'VOYAGE_API_KEY',
    reply: { object: 'list', data: relevance, model: 'm', usage: { total_tokens: 26 } },
    body: { documents: ['alpha', 'beta', 'gamma'], return_documents: false },
    tokens: 26,
  },
  {
    shape: 'tei',
    key: 'TEI_API_KEY',
    reply: relevance.map(({ index, relevance_score }) => ({ index, score: relevance_score })),
    body: { texts: ['alpha', 'beta', 'gamma'], truncate: true },
    tokens: undefined,
  },
] as const;

describe.each(shapes)('$shape', ({ shape, key, reply, body, tokens }) => {
  const model = shape === 'tei' ? undefined : 'some/model-2';
  const spec = (url: string) => `endpoint:${shape}${model ? `/${model}` : ''}=${url}`;

  test('scores each passage, with the key of the environment, at its route', async () => {
    vi.stubEnv(key, secret);
    await using server = await serve((response) => json(response, reply));
    const comparator = await openComparator(spec(`${server.url}/base/`));
    const comparison = await comparator.compare(query, passages);
    expect(comparison.order).toEqual([2, 0, 1]);
    expect(comparison.scores).toEqual([0.5, 0.1, 0.9]);
    expect(comparison.usage).toMatchObject({ calls: 1, ...(tokens ? { promptTokens: tokens } : {}) });
    expect(comparison.usage.promptTokens).toBeGreaterThan(0);
    expect(server.asked).toHaveLength(1);
    const [asked] = server.asked;
    expect(asked!.path).toBe('/base/rerank');
    expect(asked!.headers.authorization).toBe(`Bearer ${secret}`);
    expect(asked!.body).toEqual({ query: query.text, ...(model ? { model } : {}), ...body });
    expect(comparator).toMatchObject({ name: `endpoint:${shape}`, absolute: true });
    expect(JSON.stringify([comparator, comparison])).not.toContain(secret);
  });

  test.each([
    ['an index twice', 'two scores for passage 0', [0, 1, 0]],
    ['an index too few', 'scores for 2 of 3 passages', [0, 1]],
    ['an index too high', 'a score for passage 3 of 3', [0, 1, 3]],
    ['an index below 0', 'no ranking', [0, 1, -1]],
  ])('%s is no ranking', async (_, message, indexes) => {
    const results = indexes.map((index) => ({ index, relevance_score: 0.5, score: 0.5 }));
    const body = shape === 'tei' ? results : shape === 'voyage' ? { data: results } : { results };
    await using server = await serve((response) => json(response, body));
    const comparator = await openComparator(spec(server.url));
    await expect(comparator.compare(query, passages)).rejects.toMatchObject({
      code: 'bad-reply',
      message: expect.stringContaining(message),
      retryable: false,
    });
  });
});

const comparatorAt = (url: string, options: Partial<EndpointOptions> = {}) =>
  endpointComparator({ shape: 'cohere', model: 'm', url, apiKey: secret, ...quick, ...options });

const faults: readonly (readonly [string, Answer, string, boolean])[] = [
  [
    'an HTML page',
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>'),
    'bad-reply',
    false,
  ],
  ['an empty body', (response) => response.end(), 'bad-reply', true],
  ['half JSON', (response) => response.end('{"results": [{"index": 0'), 'bad-reply', true],
  [
    'half a body',
    (response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('{"results": [', () => response.destroy());
    },
    'bad-reply',
    true,
  ],
  ['no answer at all', (response) => response.destroy(), 'server-unreachable', true],
  ['another shape', (response) => json(response, { data: relevance }), 'bad-reply', false],
  [
    'a score that is text',
    (response) => json(response, { results: [{ index: 0, relevance_score: '1' }] }),
    'bad-reply',
    false,
  ],
  [
    'an error with status 200',
    (response) => json(response, { message: 'no such model' }),
    'bad-reply',
    false,
  ],
  ['500', (response) => json(response, { message: `boom for ${secret}` }, 500), 'server-error', true],
  [
    '502 as HTML',
    (response) => response.writeHead(502).end('<html>Bad Gateway</html>'),
    'server-error',
    true,
  ],
  [
    '401',
    (response) => json(response, { message: `invalid api token ${secret}` }, 401),
    'refused-key',
    false,
  ],
  ['404', (response) => json(response, { detail: 'Not Found' }, 404), 'server-error', false],
  [
    '422',
    (response) => json(response, { error: 'batch size 3 > 2', error_type: 'Validation' }, 422),
    'server-error',
    false,
  ],
  [
    'a redirect, which is not followed',
    (response) => response.writeHead(307, { location: 'http://127.0.0.1:9/rerank' }).end(),
    'server-error',
    false,
  ],
];

test.each(faults)('%s is a typed error without the key', async (_, answer, code, retryable) => {
  await using server = await serve(answer);
  const failure: unknown = await comparatorAt(server.url)
    .compare(query, passages)
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: 'RankforgeError', code, retryable, where: `${server.url}/rerank` });
  expect(JSON.stringify([failure, (failure as Error).message, (failure as Error).stack])).not.toContain(
    secret,
  );
});

describe('tries again', () => {
  test('after a failure that may pass, as often as told', async () => {
    await using server = await serve((response, _, index) =>
      index < 2 ? json(response, { message: 'busy' }, 503) : json(response, { results: relevance }),
    );
    const { order } = await comparatorAt(server.url, { retries: 2 }).compare(query, passages);
    expect(order).toEqual([2, 0, 1]);
    expect(server.asked).toHaveLength(3);
    await using broken = await serve((response) => json(response, { message: 'busy' }, 503));
    await expect(comparatorAt(broken.url, { retries: 1 }).compare(query, passages)).rejects.toMatchObject({
      code: 'server-error',
    });
    expect(broken.asked).toHaveLength(2);
  });

  test('not after one that will not', async () => {
    await using server = await serve((response) => json(response, { message: 'no' }, 400));
    await expect(comparatorAt(server.url, { retries: 3 }).compare(query, passages)).rejects.toMatchObject({
      code: 'server-error',
    });
    expect(server.asked).toHaveLength(1);
  });

  test('after the time that a 429 asks for', async () => {
    const times: number[] = [];
    await using server = await serve((response, _, index) => {
      times.push(performance.now());
      if (index === 0) json(response, { message: 'slow down' }, 429, { 'retry-after': '1' });
      else json(response, { results: relevance });
    });
    await comparatorAt(server.url, { retries: 1 }).compare(query, passages);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
  });

  test('not where it asks for more than a minute', async () => {
    await using server = await serve((response) => json(response, {}, 429, { 'retry-after': '3600' }));
    await expect(comparatorAt(server.url, { retries: 3 }).compare(query, passages)).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 3_600_000,
    });
    expect(server.asked).toHaveLength(1);
  });
});

test('its tries are all there are, and what its first request took is told when the second fails', async () => {
  await using server = await serve((response, _, index) =>
    index === 0
      ? json(response, { results: [{ index: 0, relevance_score: 1 }], meta: { billed_units: {} } })
      : json(response, { message: 'busy' }, 503),
  );
  const comparator = comparatorAt(server.url, { retries: 1, batch: 1 });
  const reranker = composeReranker({ program: 'full', comparator });
  const items = passages.map((passage) => ({ passage }));
  await expect(reranker.rerank({ query, items })).rejects.toMatchObject({
    code: 'server-error',
    retried: true,
    usage: { calls: 1, promptTokens: expect.any(Number) },
  });
  // One that was answered, one that failed and its one retry.
  expect(server.asked).toHaveLength(3);
  await using asking = await serve((response) => json(response, {}, 429, { 'retry-after': '3600' }));
  const patient = composeReranker({
    program: 'full',
    comparator: comparatorAt(asking.url),
    onFailure: 'keep',
  });
  // An hour is nobody's to wait for.
  expect((await patient.rerank({ query, items })).warnings).toMatchObject([{ code: 'kept-order' }]);
  expect(asking.asked).toHaveLength(1);
  await using wrong = await serve((response) => json(response, { results: relevance.slice(1) }));
  await expect(comparatorAt(wrong.url).compare(query, passages)).rejects.toMatchObject({
    code: 'bad-reply',
    usage: { calls: 1 },
  });
});

test('a user and password in the URL are sent as such, and reach no error', async () => {
  await using server = await serve((response, { headers }) =>
    json(response, { error: `no ${headers.authorization} for ${secret}` }, 500),
  );
  const url = server.url.replace('//', `//me:${secret}@`);
  const comparator = endpointComparator({ ...quick, shape: 'tei', url });
  const error = await comparator.compare(query, passages).catch((error: unknown) => error);
  expect(error).toMatchObject({ code: 'server-error' });
  const basic = Buffer.from(`me:${secret}`).toString('base64');
  expect(server.asked[0]!.headers.authorization).toBe(`Basic ${basic}`);
  expect(JSON.stringify([String(error), error, comparator.provenance])).not.toMatch(
    new RegExp(`${secret}|${basic}`),
  );
});

test.each([0, -1, 2.5, Number.NaN])('a request of %d passages is refused', (batch) => {
  expect(() => endpointComparator({ shape: 'tei', url: 'http://127.0.0.1', batch })).toThrow(
    expect.objectContaining({ code: 'usage' }),
  );
});

test('a server that does not answer runs out of time', async () => {
  await using server = await serve(() => {});
  await expect(comparatorAt(server.url, { timeoutMs: 80 }).compare(query, passages)).rejects.toMatchObject({
    code: 'timeout',
    retryable: true,
  });
});

test('a reply without end is cut off', async () => {
  let sent = 0;
  await using server = await serve((response) => {
    const block = ' '.repeat(65_536);
    const more = () => {
      sent += block.length;
      if (!response.destroyed) response.write(block, () => setImmediate(more));
    };
    more();
  });
  await expect(
    comparatorAt(server.url, { maxReplyBytes: 200_000 }).compare(query, passages),
  ).rejects.toMatchObject({ code: 'bad-reply', message: 'The endpoint sent more than 200000 bytes' });
  expect(sent).toBeLessThan(50_000_000);
});

test('an abort ends the call, and the wait before another try', async () => {
  await using silent = await serve(() => {});
  const stop = new AbortController();
  const call = comparatorAt(silent.url).compare(query, passages, { signal: stop.signal });
  await vi.waitFor(() => expect(silent.asked).toHaveLength(1));
  stop.abort(new Error('enough'));
  await expect(call).rejects.toThrow('enough');

  await using busy = await serve((response) => json(response, {}, 429, { 'retry-after': '50' }));
  const later = new AbortController();
  const waiting = comparatorAt(busy.url, { retries: 1 }).compare(query, passages, { signal: later.signal });
  await vi.waitFor(() => expect(busy.asked).toHaveLength(1));
  setTimeout(() => later.abort(new Error('enough')), 20);
  await expect(waiting).rejects.toThrow('enough');
});

test('more passages than a request may hold go in several, and scores are one list', async () => {
  await using server = await serve((response, { body }) =>
    json(
      response,
      (body.texts as string[]).map((text, index) => ({ index, score: Number(text) })),
    ),
  );
  const many = Array.from({ length: 70 }, (_, index) => ({ id: `p${index}`, text: String(index / 100) }));
  const comparator = await openComparator(`endpoint:tei=${server.url}`);
  const { order, scores, usage } = await comparator.compare(query, many);
  expect(server.asked.map(({ body }) => body.texts.length)).toEqual([32, 32, 6]);
  expect(order).toEqual(many.map((_, index) => 69 - index));
  expect(scores).toEqual(many.map(({ text }) => Number(text)));
  // Where the server counts no tokens, the plan's estimate is what is told.
  expect(usage).toMatchObject({ calls: 3, promptTokens: comparator.cost(query, many).promptTokens });
  expect(comparator.cost(query, many)).toMatchObject({ calls: 3, outputTokens: 0 });
  expect(await comparator.compare(query, [])).toMatchObject({ order: [], scores: [] });
  expect(server.asked).toHaveLength(3);
});

test('an instruction goes before the query', async () => {
  await using server = await serve((response) => json(response, { results: relevance }));
  await comparatorAt(server.url).compare({ ...query, instruction: 'Only cats count.' }, passages);
  expect(server.asked[0]!.body.query).toBe('Only cats count.\nhow long do fleas live');
});

test.each([
  ['endpoint', 'unknown-name', 'cohere, jina, voyage, tei'],
  ['endpoint:cohre/m', 'unknown-name', 'cohere'],
  ['endpoint:cohere', 'usage', 'endpoint:cohere/MODEL'],
  ['endpoint:jina=http://127.0.0.1:1', 'usage', 'endpoint:jina/MODEL'],
  ['endpoint:tei', 'usage', 'endpoint:tei=http://HOST:PORT'],
  ['endpoint:tei=ftp://host', 'usage', 'http://HOST'],
  ['endpoint:tei=nonsense', 'usage', 'http://HOST'],
])('%s is refused: %s', async (spec, code, hint) => {
  await expect(openComparator(spec)).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) });
});

test('without a URL a provider is asked at its own route', () => {
  expect(endpointComparator({ shape: 'voyage', model: 'rerank-2.5' }).provenance?.modelId).toBe(
    'voyage:rerank-2.5@https://api.voyageai.com/v1/rerank',
  );
});

import { CohereClient, CohereClientV2, CohereError } from 'cohere-ai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VoyageAIClient, VoyageAIError } from 'voyageai';
import type { RunningServer } from '../../../src/surfaces/http/listen.js';
import { documents, post, query, startServer } from './start.js';

const key = 'a-key-of-this-test';
let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ apiKeys: [key], name: 'words' });
});
afterAll(async () => {
  await server.stop();
});

describe('cohere-ai', () => {
  const client = () => new CohereClient({ token: key, environment: server.url });

  test('v1: strings, objects, rank fields, returned documents', async () => {
    const plain = await client().rerank({ query, documents, topN: 2 });
    expect(plain.results).toEqual([
      { index: 3, relevanceScore: 1 },
      { index: 0, relevanceScore: 0.75 },
    ]);
    expect(plain.meta).toMatchObject({
      apiVersion: { version: '1' },
      tokens: { inputTokens: 10, outputTokens: 1 },
    });
    const returned = await client().rerank({
      model: 'rerank-english-v3.0',
      query,
      documents: documents.map((text, number) => ({ text, number: String(number) })),
      returnDocuments: true,
      topN: 1,
    });
    expect(returned.results).toEqual([
      { index: 3, relevanceScore: 1, document: { text: documents[3], number: '3' } },
    ]);
    const fields = await client().rerank({
      query,
      documents: [
        { text: query, title: 'bread' },
        { text: 'bread', title: query },
      ],
      rankFields: ['title'],
    });
    expect(fields.results.map(({ index }) => index)).toEqual([1, 0]);
  });

  test('v2', async () => {
    const v2 = new CohereClientV2({ token: key, environment: server.url });
    const reply = await v2.rerank({ model: 'rerank-v3.5', query, documents, topN: 3, maxTokensPerDoc: 100 });
    expect(reply.results.map(({ index }) => index)).toEqual([3, 0, 1]);
    expect(reply.meta).toMatchObject({ apiVersion: { version: '2' } });
    expect(reply.id).toMatch(/^[\w-]{36}$/);
  });

  test('the list of models', async () => {
    const { models } = await client().models.list();
    expect(models).toMatchObject([{ name: 'words', endpoints: ['rerank'] }]);
  });

  test('errors are its own', async () => {
    const wrong = new CohereClient({ token: 'another', environment: server.url });
    const error = await wrong.rerank({ query, documents }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(CohereError);
    expect(error).toMatchObject({
      name: 'UnauthorizedError',
      statusCode: 401,
      body: { message: 'Invalid or missing API key' },
    });
    await expect(client().rerank({ query, documents: [] })).rejects.toMatchObject({
      statusCode: 400,
      body: { message: expect.stringContaining('documents') },
    });
    await expect(client().rerank({ query, documents: [{ title: 'no text' }] })).rejects.toMatchObject({
      statusCode: 400,
      body: { message: expect.stringContaining('documents.0') },
    });
  });

  test('a full queue is its TooManyRequestsError', async () => {
    let began = () => {};
    const atWork = new Promise<void>((resolve) => {
      began = resolve;
    });
    let end = () => {};
    const hold = new Promise<void>((resolve) => {
      end = resolve;
    });
    await using full = await startServer(
      { waiting: 0, concurrency: 1 },
      {
        before: () => {
          began();
          return hold;
        },
      },
    );
    const busy = post(`${full.url}/v1/rerank`, { query, documents });
    await atWork;
    const impatient = new CohereClient({ token: key, environment: full.url, maxRetries: 0 });
    await expect(impatient.rerank({ query, documents })).rejects.toMatchObject({
      name: 'TooManyRequestsError',
    });
    end();
    expect((await busy).status).toBe(200);
  });
});

describe('voyageai', () => {
  const client = (apiKey = key) => new VoyageAIClient({ apiKey, baseUrl: `${server.url}/v1` });

  test.each([
    ['with all its fields', { model: 'rerank-2.5', topK: 2, returnDocuments: true, truncation: true }, true],
    ['with a field of its own', { model: 'any', topK: 2 }, false],
    ['with nothing of its own', { model: 'any' }, false],
  ])('%s', async (_, fields, returned) => {
    const reply = await client().rerank({ query, documents, ...fields });
    const wanted = [
      { index: 3, relevanceScore: 1, ...(returned ? { document: documents[3] } : {}) },
      { index: 0, relevanceScore: 0.75, ...(returned ? { document: documents[0] } : {}) },
    ];
    expect(reply.data?.slice(0, 2)).toEqual(wanted);
    expect(reply.data).toHaveLength('topK' in fields ? 2 : 4);
    expect(reply).toMatchObject({ object: 'list', model: 'words', usage: { totalTokens: 11 } });
  });

  test('errors are its own', async () => {
    const error = await client('another')
      .rerank({ query, documents, model: 'rerank-2' })
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(VoyageAIError);
    expect(error).toMatchObject({ statusCode: 401, body: { detail: 'Invalid or missing API key' } });
    await expect(client().rerank({ query: '', documents, model: 'rerank-2' })).rejects.toMatchObject({
      statusCode: 400,
      body: { detail: expect.stringContaining('query') },
    });
  });

  test('truncation: false refuses what does not fit', async () => {
    const warning = { code: 'truncated-passage', message: 'One passage was cut to 10 tokens' };
    await using cutting = await startServer({}, { warnings: [warning] });
    const unkeyed = new VoyageAIClient({ apiKey: 'any', baseUrl: `${cutting.url}/v1` });
    const request = { query, documents, model: 'rerank-2' };
    await expect(unkeyed.rerank({ ...request, truncation: false })).rejects.toMatchObject({
      statusCode: 400,
    });
    expect((await unkeyed.rerank({ ...request, truncation: true })).data).toHaveLength(4);
  });
});

const authorised = { authorization: `Bearer ${key}` };

test('Jina, with the body of its documentation', async () => {
  const reply = await post(
    `${server.url}/v1/rerank`,
    { model: 'jina-reranker-v2-base-multilingual', query, top_n: 1, documents },
    authorised,
  );
  expect(reply.status).toBe(200);
  expect(await reply.json()).toEqual({
    model: 'words',
    object: 'list',
    usage: { total_tokens: 11, prompt_tokens: 10 },
    results: [{ index: 3, document: { text: documents[3] }, relevance_score: 1 }],
  });
  const bare = await post(
    `${server.url}/v1/rerank`,
    { model: 'jina-reranker-m0', query, documents: [{ text: 'x' }], return_documents: false },
    authorised,
  );
  expect(await bare.json()).toMatchObject({ results: [{ index: 0, relevance_score: 1 }] });
  const wrong = await post(`${server.url}/v1/rerank`, { model: 'jina-reranker-m0', query }, authorised);
  expect(wrong.status).toBe(422);
  expect(await wrong.json()).toEqual({ detail: expect.stringContaining('documents') });
});

test('text-embeddings-inference, with the body of its documentation', async () => {
  const rerank = (body: unknown) => post(`${server.url}/rerank`, body, authorised);
  const body = { query: 'What is Deep Learning?', texts: ['Bread is baked.', 'Deep Learning is...'] };
  expect(await (await rerank(body)).json()).toEqual([
    { index: 1, score: 1 },
    { index: 0, score: 0.5 },
  ]);
  expect(
    await (await rerank({ ...body, raw_scores: true, return_text: true, truncate: true })).json(),
  ).toEqual([
    { index: 1, text: 'Deep Learning is...', score: 3 },
    { index: 0, text: 'Bread is baked.', score: 1 },
  ]);
  const wrong = await rerank({ query: 'x', texts: [] });
  expect(wrong.status).toBe(422);
  expect(await wrong.json()).toEqual({ error: expect.any(String), error_type: 'Validation' });
  const info = await (await fetch(`${server.url}/info`, { headers: authorised })).json();
  expect(info).toMatchObject({
    model_id: 'words',
    model_type: { reranker: {} },
    max_client_batch_size: 1000,
  });
  // It is asked without a key.
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
});

test('calibrated probabilities are the relevance; other scores say the order only', async () => {
  await using calibrated = await startServer({}, { calibrated: true });
  const body = { query: 'deep learning', documents: ['deep', 'deep learning', 'bread'] };
  const reply = await post(`${calibrated.url}/v2/rerank`, body);
  expect(reply.headers.get('x-rankforge-scores')).toBe('probability');
  expect(((await reply.json()) as { results: unknown }).results).toEqual([
    { index: 1, relevance_score: 2 / 3 },
    { index: 0, relevance_score: 1 / 3 },
    { index: 2, relevance_score: 0 },
  ]);
  const plain = await post(`${server.url}/v2/rerank`, body, authorised);
  expect(plain.headers.get('x-rankforge-scores')).toBe('order');
});

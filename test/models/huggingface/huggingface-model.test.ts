import { type AddressInfo, createServer } from 'node:net';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import {
  type HuggingfaceOptions,
  openHuggingface,
} from '../../../src/models/huggingface/huggingface-model.js';
import { openaiFeatures } from '../../../src/models/openai/features.js';
import { chatReply, failure, htmlReply, startScriptedServer } from '../../fixtures/scripted-server.js';

const token = 'hf_very_secret_token';
const messages = [{ role: 'user' as const, content: 'Which?' }];
const ask = { messages, maxTokens: 16 };
const open = (endpointUrl: string, options: Partial<HuggingfaceOptions> = {}) =>
  openHuggingface({ model: 'org/m', token, endpointUrl, features: openaiFeatures, ...options });

test('a chat carries what was asked, and comes back with text, finish and usage', async () => {
  await using server = await startScriptedServer(() =>
    chatReply('hello', { promptTokens: 100, outputTokens: 20 }),
  );
  const model = await open(server.url);
  const schema = { type: 'object', properties: {} };
  await expect(model.generate({ ...ask, seed: 3, schema })).resolves.toEqual({
    text: 'hello',
    finish: 'stop',
    usage: { calls: 1, cachedCalls: 0, promptTokens: 100, outputTokens: 20, usd: 0 },
  });
  expect(server.chats()[0]).toMatchObject({
    headers: { authorization: `Bearer ${token}` },
    body: {
      model: 'org/m',
      messages,
      max_tokens: 16,
      temperature: 0,
      seed: 3,
      response_format: { type: 'json_schema' },
    },
  });
  expect(model.id).toBe(`huggingface:org/m@${server.url}`);
});

test('what the model can do is found out, and labels are read', async () => {
  const alternatives = [
    [
      ['B', -0.5],
      ['A', -1.2],
    ],
  ] as const;
  await using server = await startScriptedServer(({ body }) =>
    (body as { response_format?: unknown }).response_format
      ? failure(422, 'no schemas here')
      : chatReply('B', { alternatives }),
  );
  const model = await openHuggingface({ model: 'org/m', endpointUrl: server.url });
  expect(model.capabilities).toEqual({
    nextToken: { topK: 20 },
    likelihood: false,
    prefill: false,
    schema: false,
    seed: true,
  });
  await expect(model.nextToken({ messages, replies: ['A', 'B'] })).resolves.toMatchObject({
    logProbabilities: [-1.2, -0.5],
  });
});

test.each([
  { name: 'HTML', reply: htmlReply, code: 'bad-reply' },
  { name: 'HTML with status 502', reply: { ...htmlReply, status: 502 }, code: 'server-error' },
  {
    name: 'half a body',
    reply: { ...chatReply('a long reply that is cut'), cutAfterBytes: 40 },
    code: 'bad-reply',
  },
  { name: 'an empty body', reply: { body: '' }, code: 'bad-reply' },
  { name: 'no choices', reply: { body: { choices: [] } }, code: 'bad-reply' },
  { name: '500', reply: failure(500, 'internal'), code: 'server-error' },
  { name: '503, which the client would try again', reply: failure(503, 'loading'), code: 'server-error' },
  { name: '401 that repeats the token', reply: failure(401, `bad token ${token}`), code: 'refused-key' },
  {
    name: '429',
    reply: failure(429, 'slow down', { 'retry-after': '3' }),
    code: 'rate-limited',
    retryAfterMs: 3000,
  },
  { name: 'silence', reply: { hang: true }, code: 'timeout' },
])('$name is typed, asked once, and tells no secret', async ({ reply, code, retryAfterMs }) => {
  await using server = await startScriptedServer(() => reply);
  const model = await open(server.url, { timeoutMs: 200 });
  const error = await model.generate(ask).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ name: 'RankforgeError', code, retryAfterMs, where: server.url });
  expect(inspect(error, { depth: 10 })).not.toContain(token);
  expect(server.chats()).toHaveLength(1);
});

test('an endpoint that is no URL', async () => {
  await expect(open('localhost:8080')).rejects.toMatchObject({ code: 'usage' });
});

test('a refused connection', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const model = await open(`http://127.0.0.1:${port}`);
  await expect(model.generate(ask)).rejects.toMatchObject({ code: 'server-unreachable', retryable: true });
});

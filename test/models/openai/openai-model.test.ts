import { getEventListeners } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { RankforgeError } from '../../../src/core/errors.js';
import { behindDoor } from '../../../src/models/door/behind-door.js';
import { openLedger } from '../../../src/models/door/ledger.js';
import { createLimits } from '../../../src/models/door/limits.js';
import type { LanguageModel } from '../../../src/models/language-model.js';
import { openaiFeatures } from '../../../src/models/openai/features.js';
import { type OpenaiOptions, openOpenai } from '../../../src/models/openai/openai-model.js';
import {
  chatReply,
  failure,
  htmlReply,
  type Script,
  type ScriptedReply,
  startScriptedServer,
} from '../../fixtures/scripted-server.js';

const apiKey = 'sk-very-secret-key';
const messages = [{ role: 'user' as const, content: 'Which?' }];
const ask = { messages, maxTokens: 16 };

const open = (baseUrl: string, options: Partial<OpenaiOptions> = {}): Promise<LanguageModel> =>
  openOpenai({ model: 'm', baseUrl, apiKey, features: openaiFeatures, ...options });

async function failureOf(
  reply: ScriptedReply,
  options: Partial<OpenaiOptions> = {},
): Promise<RankforgeError> {
  await using server = await startScriptedServer(() => reply);
  const model = await open(server.baseUrl, options);
  const error = await model.generate(ask).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(RankforgeError);
  expect(server.chats()).toHaveLength(1);
  return error as RankforgeError;
}

describe('a chat', () => {
  test('carries what was asked, and comes back with text, finish and usage', async () => {
    await using server = await startScriptedServer(() =>
      chatReply('hello', { finish: 'length', promptTokens: 100, outputTokens: 20 }),
    );
    const model = await open(server.baseUrl, { price: { promptPerMillion: 1, outputPerMillion: 10 } });
    const schema = { type: 'object', properties: {} };
    const reply = await model.generate({
      ...ask,
      temperature: 0.7,
      topP: 0.9,
      seed: 3,
      stop: ['\n'],
      schema,
    });
    expect(reply).toEqual({
      text: 'hello',
      finish: 'length',
      usage: { calls: 1, cachedCalls: 0, promptTokens: 100, outputTokens: 20, usd: 0.0003 },
    });
    expect(server.chats()[0]!.body).toEqual({
      model: 'm',
      messages,
      max_tokens: 16,
      temperature: 0.7,
      top_p: 0.9,
      seed: 3,
      stop: ['\n'],
      response_format: { type: 'json_schema', json_schema: { name: 'reply', strict: true, schema } },
    });
    expect(server.chats()[0]!.headers.authorization).toBe(`Bearer ${apiKey}`);
  });

  test('several samples of a request have seeds of their own', async () => {
    await using server = await startScriptedServer(() => chatReply('hello'));
    const model = await open(server.baseUrl);
    for (const sample of [0, 1, 2]) await model.generate({ ...ask, temperature: 1, seed: 3, sample });
    await model.generate({ ...ask, temperature: 1, sample: 1 });
    const seeds = server.chats().map(({ body }) => (body as { seed?: number }).seed);
    expect(new Set(seeds).size).toBe(4);
    expect([seeds[0], seeds[3]]).toEqual([3, undefined]);
  });

  test("the base URL's own query goes with every call", async () => {
    await using server = await startScriptedServer(() => chatReply('hello'));
    const model = await open(`${server.baseUrl}/?api-version=7`);
    await model.generate(ask);
    expect(server.chats()[0]!.query).toBe('api-version=7');
    expect(model.id).toBe(`openai:m@${server.baseUrl}`);
  });

  test('a server that does not count tokens has them estimated, or no budget would run out', async () => {
    await using server = await startScriptedServer(() => ({
      body: { choices: [{ message: { content: 'seven bytes a word' } }] },
    }));
    const { usage } = await (await open(server.baseUrl)).generate(ask);
    expect(usage.promptTokens).toBeGreaterThan(1);
    expect(usage.outputTokens).toBe(Math.ceil('seven bytes a word'.length / 3.5));
  });

  test.each([
    { name: 'a refusal', reply: chatReply('', { refusal: 'I will not' }), text: 'I will not' },
    { name: 'a content filter', reply: chatReply('half', { finish: 'content_filter' }), text: 'half' },
  ])('$name is a finish of its own', async ({ reply, text }) => {
    await using server = await startScriptedServer(() => reply);
    await expect((await open(server.baseUrl)).generate(ask)).resolves.toMatchObject({
      finish: 'refused',
      text,
    });
  });

  test('a reply cannot be started where the server would answer it', async () => {
    await using server = await startScriptedServer(() => chatReply('x'));
    const model = await open(server.baseUrl);
    await expect(model.generate({ ...ask, prefill: '[' })).rejects.toMatchObject({ code: 'unsupported' });
    await expect(model.likelihood({ messages, continuation: 'x' })).rejects.toMatchObject({
      code: 'unsupported',
    });
    expect(server.requests).toHaveLength(0);
  });
});

describe('a failure is typed, says where, and tells no secret', () => {
  const where = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/v1\/chat\/completions$/);
  test.each([
    { name: 'HTML with status 200', reply: htmlReply, code: 'bad-reply', retryable: false },
    {
      name: 'HTML that says it is JSON',
      reply: { body: '<html></html>' },
      code: 'bad-reply',
      retryable: true,
    },
    {
      name: 'HTML with status 502',
      reply: { ...htmlReply, status: 502 },
      code: 'server-error',
      retryable: true,
    },
    {
      name: 'half a body',
      reply: { ...chatReply('a long reply that is cut'), cutAfterBytes: 40 },
      code: 'bad-reply',
      retryable: true,
    },
    {
      name: 'a cut before the body',
      reply: { ...chatReply('x'), cutAfterBytes: 0 },
      code: 'bad-reply',
      retryable: true,
    },
    { name: 'an empty body', reply: { body: '' }, code: 'bad-reply', retryable: true },
    { name: 'no choices', reply: { body: { choices: [] } }, code: 'bad-reply', retryable: false },
    { name: 'something else', reply: { body: { hello: 'world' } }, code: 'bad-reply', retryable: false },
    {
      name: 'an error with status 200',
      reply: { body: { error: { message: 'down', code: 502 } } },
      code: 'server-error',
      retryable: true,
    },
    { name: '500', reply: failure(500, 'internal'), code: 'server-error', retryable: true },
    { name: '400', reply: failure(400, 'what?'), code: 'server-error', retryable: false },
    { name: '404', reply: failure(404, 'no model m'), code: 'server-error', retryable: false },
    {
      name: '401 that repeats the key',
      reply: failure(401, `Incorrect API key ${apiKey}`),
      code: 'refused-key',
      retryable: false,
    },
    {
      name: '400 that repeats the key where a message is cut',
      reply: failure(400, `${'x'.repeat(490)}${apiKey}`),
      code: 'server-error',
      retryable: false,
    },
    { name: '408', reply: failure(408, 'slow'), code: 'timeout', retryable: true },
    {
      name: 'a prompt that is too long',
      reply: failure(400, "This model's maximum context length is 8192 tokens"),
      code: 'context-overflow',
      retryable: false,
    },
  ])('$name', async ({ reply, code, retryable }) => {
    const error = await failureOf(reply);
    expect(error).toMatchObject({ code, retryable, where, hint: expect.stringMatching(/\.$/) });
    expect(inspect(error, { depth: 10 })).not.toContain(apiKey.slice(0, 8));
  });

  test.each([
    { header: '3', from: 3000, to: 3000 },
    { header: new Date(Date.now() + 60_000).toUTCString(), from: 50_000, to: 60_000 },
  ])('429 with Retry-After $header', async ({ header, from, to }) => {
    const error = await failureOf(failure(429, 'slow down', { 'retry-after': header }));
    expect(error).toMatchObject({ code: 'rate-limited', retryable: true });
    expect(error.retryAfterMs).toBeGreaterThanOrEqual(from);
    expect(error.retryAfterMs).toBeLessThanOrEqual(to);
  });

  test('429 for an empty account is not tried again', async () => {
    const body = {
      error: {
        message: 'You exceeded your current quota',
        code: 'insufficient_quota',
        type: 'insufficient_quota',
      },
    };
    expect(await failureOf({ status: 429, body })).toMatchObject({ code: 'rate-limited', retryable: false });
  });

  test('a server that never answers', async () => {
    expect(await failureOf({ hang: true }, { timeoutMs: 50 })).toMatchObject({
      code: 'timeout',
      retryable: true,
    });
  });

  test('a refused connection, with a password in the URL', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const model = await open(`http://user:hidden-password@127.0.0.1:${port}/v1?token=hidden-token`);
    expect(model.id).toBe(`openai:m@http://127.0.0.1:${port}/v1`);
    const error = await model.generate(ask).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'server-unreachable',
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect(inspect(error, { depth: 10 })).not.toMatch(/hidden|secret/);
  });

  test('a base URL that is none', async () => {
    await expect(open('localhost:8080/v1')).rejects.toMatchObject({ code: 'usage' });
  });

  test("an abort is the caller's reason, at once, and leaves no listener", async () => {
    await using server = await startScriptedServer(() => ({ hang: true }));
    const model = await open(server.baseUrl);
    const controller = new AbortController();
    const call = model.generate(ask, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(call).rejects.toThrow('enough');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});

describe('through the door', () => {
  test('failures that pass are retried, Retry-After is kept, and the reply is paid for once', async () => {
    const replies = [
      failure(500, 'x'),
      { ...chatReply('cut off'), cutAfterBytes: 30 },
      failure(429, 'wait', { 'retry-after': '0.3' }),
      chatReply('there'),
    ];
    await using server = await startScriptedServer(({ index }) => replies[index]!);
    const model = behindDoor(await open(server.baseUrl), { limits: createLimits({ minRetryMs: 1 }) });
    const started = performance.now();
    await expect(model.generate(ask)).resolves.toMatchObject({ text: 'there', usage: { calls: 1 } });
    expect(performance.now() - started).toBeGreaterThanOrEqual(290);
    expect(server.chats()).toHaveLength(4);
  });

  test('the key is in no file of the ledger', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rankforge-secret-'));
    try {
      await using server = await startScriptedServer(() => chatReply('there'));
      {
        await using ledger = await openLedger(folder);
        await behindDoor(await open(server.baseUrl.replace('//', '//user:hidden-password@')), {
          ledger,
        }).generate(ask);
        expect(JSON.stringify([...ledger.entries()])).toContain('Which?');
      }
      const bytes = await readFile(join(folder, 'data.mdb'), 'latin1');
      expect(bytes).toContain('Which?');
      expect(bytes).not.toContain(apiKey);
      expect(bytes).not.toContain('hidden-password');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('labels from the most probable tokens', () => {
  test('the model writes the shared start where it cannot be prefilled', async () => {
    const alternatives = [
      [['[', -0.1]],
      [
        ['B', -0.5],
        ['A', -1.2],
      ],
    ] as const;
    await using server = await startScriptedServer(() => chatReply('[B', { alternatives }));
    const model = await open(server.baseUrl);
    expect(model.capabilities).toMatchObject({ nextToken: { topK: 20 }, prefill: false, likelihood: false });
    const reply = await model.nextToken({ messages, replies: ['[A] > [B]', '[B] > [A]', '[C] > [A]'] });
    expect(reply.logProbabilities[0]).toBeCloseTo(-1.3, 9);
    expect(reply.logProbabilities[1]).toBeCloseTo(-0.6, 9);
    expect(reply.logProbabilities[2]).toBeNull();
    expect(reply.mass).toBeCloseTo(Math.exp(-1.3) + Math.exp(-0.6), 9);
    expect(reply.warnings).toMatchObject([{ code: 'labels-not-shown', id: model.id }]);
    expect(server.chats()[0]!.body).toMatchObject({
      logprobs: true,
      top_logprobs: 20,
      max_tokens: 2,
      temperature: 0,
    });
    expect(model.tellsApart(['[A]', '[B]'])).toBe(true);
    expect(model.tellsApart(['[1]', '[10]'])).toBe(false);
  });

  test('a server that shows none is no use for them', async () => {
    await using server = await startScriptedServer(() => chatReply('x'));
    const model = await open(server.baseUrl, { features: { ...openaiFeatures, topLogprobs: 0 } });
    expect(model.capabilities.nextToken).toBe('none');
    await expect(model.nextToken({ messages, replies: ['A', 'B'] })).rejects.toMatchObject({
      code: 'unsupported',
    });
  });
});

describe('what a server can do is found out', () => {
  type Body = Record<string, unknown>;
  const hello = chatReply('Hello', {
    alternatives: [
      [
        ['Hello', -0.1],
        ['Hi', -3],
      ],
    ],
  });
  const obeys: Script = ({ body }) => ((body as Body).response_format ? chatReply('{"probe":"ok"}') : hello);

  test('one that does everything, asked once a process', async () => {
    await using server = await startScriptedServer(obeys);
    const options = { model: 'm', baseUrl: server.baseUrl, apiKey };
    const model = await openOpenai(options);
    expect(model.capabilities).toEqual({
      nextToken: { topK: 20 },
      likelihood: false,
      prefill: false,
      schema: true,
      seed: true,
    });
    expect(server.chats()).toHaveLength(2);
    await openOpenai(options);
    expect(server.chats()).toHaveLength(2);
  });

  test('one caller who leaves does not take the answer from another', async () => {
    await using server = await startScriptedServer(async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return obeys(request);
    });
    const options = { model: 'm', baseUrl: server.baseUrl };
    const leaving = new AbortController();
    const left = openOpenai({ ...options, signal: leaving.signal });
    const stayed = openOpenai(options);
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    await expect(stayed).resolves.toMatchObject({ capabilities: { schema: true } });
    expect(server.chats()).toHaveLength(2);
  });

  test('one that ignores log-probabilities and schemas', async () => {
    await using server = await startScriptedServer(() => chatReply('Hello there'));
    const model = await openOpenai({ model: 'm', baseUrl: server.baseUrl });
    expect(model.capabilities).toMatchObject({ nextToken: 'none', schema: false });
    await expect(model.generate({ ...ask, schema: { type: 'object' } })).resolves.toMatchObject({
      warnings: [{ code: 'schema-not-enforced' }],
    });
    expect(server.chats().at(-1)!.body).not.toHaveProperty('response_format');
  });

  test('one that refuses max_tokens, temperature and more than 5 alternatives', async () => {
    await using server = await startScriptedServer((request) => {
      const body = request.body as Body;
      if ('max_tokens' in body)
        return failure(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.");
      if ('temperature' in body) return failure(400, "Unsupported value: 'temperature' does not support 0.");
      if ((body.top_logprobs as number) > 5) return failure(422, 'top_logprobs must be at most 5');
      return obeys(request);
    });
    const model = await openOpenai({ model: 'm', baseUrl: server.baseUrl });
    expect(model.capabilities).toMatchObject({ nextToken: { topK: 5 }, schema: true });
    await expect(model.generate(ask)).resolves.toMatchObject({
      text: 'Hello',
      warnings: [{ code: 'no-temperature' }],
    });
    expect(server.chats().at(-1)!.body).toEqual({ model: 'm', messages, max_completion_tokens: 16 });
  });

  test.each([
    { name: 'refuses the key', reply: failure(401, 'no'), code: 'refused-key' },
    { name: 'is HTML', reply: htmlReply, code: 'bad-reply' },
    { name: 'is overloaded', reply: failure(503, 'later'), code: 'server-error' },
  ])('one that $name is an error, and is asked again the next time', async ({ reply, code }) => {
    let broken = true;
    await using server = await startScriptedServer((request) => (broken ? reply : obeys(request)));
    const options = { model: 'm', baseUrl: server.baseUrl };
    await expect(openOpenai(options)).rejects.toMatchObject({ code });
    broken = false;
    await expect(openOpenai(options)).resolves.toMatchObject({ capabilities: { schema: true } });
  });
});

describe('vLLM', () => {
  // Shapes as in vLLM's entrypoints/openai/completion/protocol.py and serving.py.
  const ids: Record<string, number[]> = {
    '[A] > [B]': [58, 32, 60],
    '[B] > [A]': [58, 33, 60],
    word: [7, 8],
  };
  const logProbabilities: Record<number, number> = { 32: -1.5, 33: -0.5, 7: -2, 8: -3 };
  function vllm(namesTokens: boolean): Record<string, Script> {
    return {
      'GET /v1/models': () => ({ body: { data: [{ id: 'm', owned_by: 'vllm', max_model_len: 4096 }] } }),
      'GET /version': () => ({ body: { version: '0.27.0' } }),
      'POST /tokenize': ({ body }) => {
        const { prompt, messages: chat } = body as { prompt?: string; messages?: unknown };
        return {
          body: {
            count: 1,
            max_model_len: 4096,
            tokens: chat ? [1, 2, 3] : (ids[prompt!] ?? [58, 100 + prompt!.charCodeAt(1), 60]),
          },
        };
      },
      'POST /v1/completions': ({ body }) => {
        const {
          prompt,
          logprob_token_ids: named,
          prompt_logprobs: ofPrompt,
        } = body as {
          prompt: number[];
          logprob_token_ids?: number[];
          prompt_logprobs?: number;
        };
        const shown = namesTokens && named ? named : [33, 11];
        return {
          body: {
            choices: [
              {
                text: 'x',
                logprobs: {
                  top_logprobs: [
                    Object.fromEntries(shown.map((id) => [`token_id:${id}`, logProbabilities[id] ?? -9])),
                  ],
                },
                ...(ofPrompt === undefined
                  ? {}
                  : {
                      prompt_logprobs: prompt.map((id, index) =>
                        index === 0 ? null : { [id]: { logprob: logProbabilities[id] ?? -9, rank: 1 } },
                      ),
                    }),
              },
            ],
            usage: { prompt_tokens: prompt.length, completion_tokens: 1 },
          },
        };
      },
    };
  }

  test('named tokens and likelihoods are exact', async () => {
    await using server = await startScriptedServer(() => chatReply('x'), vllm(true));
    const model = await openOpenai({ model: 'm', baseUrl: server.baseUrl });
    expect(model).toMatchObject({
      contextSize: 4096,
      capabilities: { nextToken: 'exact', likelihood: true, prefill: true, schema: true },
    });
    const reply = await model.nextToken({ messages, replies: ['[A] > [B]', '[B] > [A]'] });
    expect(reply).toMatchObject({
      logProbabilities: [-1.5, -0.5],
      usage: { promptTokens: 4, outputTokens: 1 },
    });
    expect(reply.warnings).toBeUndefined();
    expect(server.requests.at(-1)!.body).toMatchObject({
      prompt: [1, 2, 3, 58],
      logprob_token_ids: [32, 33],
    });
    await expect(model.likelihood({ messages, continuation: 'word' })).resolves.toMatchObject({
      logProbability: -5,
      tokens: 2,
    });
  });

  test('its vocabulary decides about brackets, asked or told', async () => {
    const torn: Script = ({ body }) => ({
      // As in Qwen's vocabulary: `[A` is one token, `[O` two.
      body: { tokens: /^\[[OQ]/.test((body as { prompt: string }).prompt) ? [58, 46, 60] : [100, 60] },
    });
    const routes = { ...vllm(true), 'POST /tokenize': torn };
    await using server = await startScriptedServer(() => chatReply('x'), routes);
    const replies = ['[A] > [B]', '[B] > [A]'];
    const asked = await openOpenai({ model: 'm', baseUrl: server.baseUrl });
    expect([asked.tellsApart(replies), asked.tellsApart(['A', 'B'])]).toEqual([false, true]);
    for (const bracketsAlign of [true, false]) {
      const features = { ...openaiFeatures, kind: 'vllm' as const, bracketsAlign };
      const told = await openOpenai({ model: 'm', baseUrl: 'http://127.0.0.1:9/v1', features });
      expect(told.tellsApart(replies)).toBe(bracketsAlign);
    }
  });

  test('an older one shows its top tokens, and says what was not seen', async () => {
    await using server = await startScriptedServer(() => chatReply('x'), vllm(false));
    const model = await openOpenai({ model: 'm', baseUrl: server.baseUrl });
    expect(model.capabilities.nextToken).toEqual({ topK: 20 });
    await expect(model.nextToken({ messages, replies: ['[A] > [B]', '[B] > [A]'] })).resolves.toMatchObject({
      logProbabilities: [null, -0.5],
      warnings: [{ code: 'labels-not-shown' }],
    });
  });

  test('a started reply is continued', async () => {
    await using server = await startScriptedServer(() => chatReply('B] > [A]'), vllm(true));
    const model = await openOpenai({ model: 'm', baseUrl: server.baseUrl });
    await expect(model.generate({ ...ask, prefill: '[' })).resolves.toMatchObject({ text: 'B] > [A]' });
    expect(server.chats().at(-1)!.body).toMatchObject({
      messages: [...messages, { role: 'assistant', content: '[' }],
      continue_final_message: true,
      add_generation_prompt: false,
    });
  });
});

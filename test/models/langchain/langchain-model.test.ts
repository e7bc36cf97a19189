import { inspect } from 'node:util';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { AIMessage } from 'langchain';
import { expect, test } from 'vitest';
import { fromLangchain } from '../../../src/models/langchain/langchain-model.js';

const ask = {
  messages: [
    { role: 'system' as const, content: 'Be short.' },
    { role: 'user' as const, content: 'Which?' },
  ],
  maxTokens: 16,
};

/** A chat model whose reply, or failure, the test writes, and which keeps what it was asked. */
class ScriptedChat extends FakeListChatModel {
  asked: unknown[] = [];
  constructor(readonly reply: () => AIMessage) {
    super({ responses: [''] });
  }
  override async _generate(...[messages]: Parameters<FakeListChatModel['_generate']>) {
    this.asked.push(messages.map((message) => [message.getType(), message.text]));
    const message = this.reply();
    return { generations: [{ text: message.text, message }] };
  }
}

test('a chat comes back with text, finish and usage', async () => {
  const chat = new ScriptedChat(
    () =>
      new AIMessage({
        content: [{ type: 'text', text: 'the second' }],
        usage_metadata: { input_tokens: 100, output_tokens: 20, total_tokens: 120 },
        response_metadata: { finish_reason: 'length' },
      }),
  );
  const model = fromLangchain({ chat, id: 'mine', price: { promptPerMillion: 1, outputPerMillion: 10 } });
  await expect(model.generate(ask)).resolves.toEqual({
    text: 'the second',
    finish: 'length',
    usage: { calls: 1, cachedCalls: 0, promptTokens: 100, outputTokens: 20, usd: 0.0003 },
  });
  expect(chat.asked).toEqual([
    [
      ['system', 'Be short.'],
      ['human', 'Which?'],
    ],
  ]);
  expect(model.id).toBe('mine');
});

test('what it cannot do is said', async () => {
  const model = fromLangchain({ chat: new ScriptedChat(() => new AIMessage('x')) });
  expect(model).toMatchObject({
    id: 'langchain:fake-list:unnamed',
    capabilities: { nextToken: 'none', likelihood: false, schema: false },
  });
  const { warnings } = await model.generate({
    ...ask,
    temperature: 0.5,
    seed: 1,
    schema: { type: 'object' },
  });
  expect(warnings?.map(({ code }) => code)).toEqual(['settings-ignored', 'schema-not-enforced']);
  for (const call of [
    model.nextToken({ messages: ask.messages, replies: ['A', 'B'] }),
    model.likelihood({ messages: ask.messages, continuation: 'x' }),
    model.generate({ ...ask, prefill: '[' }),
  ]) {
    await expect(call).rejects.toMatchObject({ code: 'unsupported' });
  }
});

test.each([
  {
    name: '429',
    error: { status: 429, headers: new Headers({ 'retry-after': '2' }) },
    expected: { code: 'rate-limited', retryable: true, retryAfterMs: 2000 },
  },
  { name: '401', error: { response: { status: 401 } }, expected: { code: 'refused-key', retryable: false } },
  { name: '503', error: { statusCode: 503 }, expected: { code: 'server-error', retryable: true } },
  {
    name: 'a refused connection, on an error that holds the request',
    error: { message: 'connect ECONNREFUSED', config: { headers: { Authorization: 'Bearer sk-secret' } } },
    expected: { code: 'server-unreachable', retryable: true },
  },
  { name: 'no status', error: {}, expected: { code: 'server-error', retryable: false } },
])('a failure with $name is typed', async ({ error, expected }) => {
  const chat = new ScriptedChat(() => {
    throw Object.assign(new Error('no'), error);
  });
  const failure = await fromLangchain({ chat })
    .generate(ask)
    .catch((caught: unknown) => caught);
  expect(failure).toMatchObject({ ...expected, where: 'langchain:fake-list:unnamed' });
  expect(inspect(failure, { depth: 10 })).not.toContain('sk-secret');
});

test('a structured reply that does not parse comes back as it was written', async () => {
  class Structured extends ScriptedChat {
    override withStructuredOutput(): never {
      const raw = this.reply();
      return { invoke: async () => ({ raw, parsed: null }) } as never;
    }
  }
  const model = fromLangchain({
    chat: new Structured(() => new AIMessage('no JSON')),
    structuredOutput: true,
  });
  await expect(model.generate({ ...ask, schema: { type: 'object' } })).resolves.toMatchObject({
    text: 'no JSON',
    usage: { outputTokens: 2 },
  });
});

test('a time limit and an abort reach the model', async () => {
  const chat = new FakeListChatModel({ responses: ['late'], sleep: 500 });
  await expect(fromLangchain({ chat, timeoutMs: 20 }).generate(ask)).rejects.toMatchObject({
    code: 'timeout',
    retryable: true,
  });
  const controller = new AbortController();
  const call = fromLangchain({ chat }).generate(ask, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(call).rejects.toThrow('enough');
});

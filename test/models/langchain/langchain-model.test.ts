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
  { name: 'no status', error: {}, expected: { code: 'server-error', retryable: false } },
])('a failure with $name is typed', async ({ error, expected }) => {
  const chat = new ScriptedChat(() => {
    throw Object.assign(new Error('no'), error);
  });
  await expect(fromLangchain({ chat }).generate(ask)).rejects.toMatchObject({
    ...expected,
    where: 'langchain:fake-list:unnamed',
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

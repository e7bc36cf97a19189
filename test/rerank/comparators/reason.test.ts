import { describe, expect, test } from 'vitest';
import { openModel } from '../../../src/models/open-model.js';
import { reasonComparator } from '../../../src/rerank/comparators/reason.js';
import { openComparator } from '../../../src/rerank/comparators/registry.js';
import { fakeModel } from '../../fixtures/fake-model.js';
import { startScriptedServer } from '../../fixtures/scripted-server.js';

const query = { id: 'q', text: 'how long do fleas live' };
const passages = ['alpha', 'beta', 'gamma'].map((text, index) => ({ id: `p${index}`, text }));

test.each([
  ['<think>Is it [A] > [B] > [C]? No.</think>\nRanking: [C] > [B] > [A]', 'Is it [A] > [B] > [C]? No.'],
  ['Is it [A] > [B] > [C]? No.</think>\n[C] > [B] > [A]', 'Is it [A] > [B] > [C]? No.'],
  ['Is it [A] > [B] > [C]? No.\n\nRanking: [C] > [B] > [A]', 'Is it [A] > [B] > [C]? No.'],
  ['[C] > [B] > [A]', undefined],
])('the thinking of %j is kept apart and not parsed', async (text, thinking) => {
  const model = fakeModel({ generate: () => text });
  const comparison = await reasonComparator({ model }).compare(query, passages);
  expect(comparison.order).toEqual([2, 1, 0]);
  expect(comparison.thinking).toBe(thinking);
  expect(comparison.warnings).toEqual([]);
  // All that was written is paid for.
  expect(comparison.usage.outputTokens).toBe(model.countTokens(text));
});

test.each([
  ['a chain that was only thought', '<think>[C] > [B] > [A]</think>\nI cannot decide.'],
  ['a thought that never ends', '<think>[C] > [B] > [A] [C] > [B] > [A]'],
  ['a thought that never ends, without its opening tag', 'Let me see. C names weeks. Digits: 3 2 1'],
])('%s is no ranking, and its cost is told', async (_, text) => {
  const model = fakeModel({ generate: () => ({ text, finish: 'length' }) });
  await expect(reasonComparator({ model }).compare(query, passages)).rejects.toMatchObject({
    code: 'unparsed-ranking',
    retryable: true,
    usage: { calls: 1 },
  });
});

describe('room for thinking', () => {
  const roomOf = async (spec: string) => {
    let room = 0;
    const model = fakeModel({
      generate: ({ maxTokens }) => {
        room = maxTokens;
        return '[C] > [B] > [A]';
      },
    });
    const comparator = await openComparator(spec, { model });
    await comparator.compare(query, passages);
    return { room, cost: comparator.cost(query, passages), prompt: model.countTokens(model.seen[0]!) };
  };

  test('is 1024 tokens unless told, beside the ranking', async () => {
    const { room, cost, prompt } = await roomOf('reason');
    // 3 labels of 3 tokens, 2 signs, 32 for words around.
    expect(room).toBe(1024 + 11 + 32);
    // A plan counts the whole room, since no more can be written.
    expect(cost).toEqual({ calls: 1, promptTokens: prompt, outputTokens: room, atMost: true });
    expect((await roomOf('reason:64')).room).toBe(64 + 11 + 32);
  });

  test.each(['reason:0', 'reason:x', 'reason:'])('%s is refused', async (spec) => {
    await expect(openComparator(spec, { model: fakeModel() })).rejects.toMatchObject({ code: 'usage' });
  });

  test('is taken from the context, or there is no room', async () => {
    const model = fakeModel({ contextSize: 900 });
    await expect(reasonComparator({ model }).compare(query, passages)).rejects.toMatchObject({
      code: 'context-overflow',
    });
  });
});

test('thinking that a server took apart is told too', async () => {
  await using server = await startScriptedServer(() => ({
    body: {
      choices: [
        {
          finish_reason: 'stop',
          message: { content: '[C] > [B] > [A]', reasoning_content: 'C names weeks.' },
        },
      ],
      usage: { prompt_tokens: 100, completion_tokens: 40 },
    },
  }));
  await using model = await openModel('openai:thinker', { baseUrl: server.baseUrl, apiKey: 'key' });
  const comparison = await reasonComparator({ model }).compare(query, passages);
  expect(comparison).toMatchObject({
    order: [2, 1, 0],
    thinking: 'C names weeks.',
    usage: { outputTokens: 40 },
  });
});

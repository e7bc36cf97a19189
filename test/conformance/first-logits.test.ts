import { expect, test } from 'vitest';
import { openaiFeatures } from '../../src/models/openai/features.js';
import { openOpenai } from '../../src/models/openai/openai-model.js';
import { firstComparator } from '../../src/rerank/comparators/first.js';
import { chatReply, startScriptedServer } from '../fixtures/scripted-server.js';

const query = { id: 'q', text: 'how long do fleas live' };
const passages = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `d${index + 1}`, text: `text ${index + 1}` }));

/** `first` over a server that shows these tokens and log-probabilities after the prefilled bracket. */
async function rankedBy(
  shown: readonly (readonly [string, number])[],
  count: number,
  labelStyle: 'bracketed-letters' | 'bracketed-numbers',
) {
  await using server = await startScriptedServer(() => chatReply(shown[0]![0], { alternatives: [shown] }));
  const model = await openOpenai({
    model: 'm',
    baseUrl: server.baseUrl,
    features: { ...openaiFeatures, prefill: true },
  });
  const { order, scores } = await firstComparator({ model, labelStyle }).compare(query, passages(count));
  return { order: order.map((index) => `d${index + 1}`), scores };
}

// `A` is there twice in theirs; a server shows the second spelling with its blank.
// RankLLM's tests of FIRST's logits (test_RankListwiseOSLLM.py, commit 0191cc02ba1d): fixed log-probabilities of the first
// token, and the ranking that is published for them.
test('letters: the more probable of two spellings counts, what is no label of the window does not', async () => {
  const shown = [
    ['A', -1],
    ['B', -0.1],
    [' A', -0.2],
    ['C', 0],
    ['not-an-id', 1],
  ] as const;
  const { order, scores } = await rankedBy(shown, 2, 'bracketed-letters');
  expect(order).toEqual(['d2', 'd1']);
  expect(scores![0]).toBeCloseTo(-0.2, 10);
  expect(scores![1]).toBeCloseTo(-0.1, 10);
});

test('numbers: those beyond the window do not count', async () => {
  const shown = [
    ['1', -0.5],
    ['2', -0.1],
    ['3', 0],
  ] as const;
  expect((await rankedBy(shown, 2, 'bracketed-numbers')).order).toEqual(['d2', 'd1']);
});

// RankLLM reads [10] > [2] out of the tokens `10` and `2`; but `2` may begin `20` and `1` begin `10`, so it is refused here.
test('numbers of several digits are not told apart by their first token', async () => {
  await expect(rankedBy([['10', -0.1]], 20, 'bracketed-numbers')).rejects.toMatchObject({
    code: 'ambiguous-labels',
  });
});

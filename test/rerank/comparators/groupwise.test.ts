import { expect, test } from 'vitest';
import { groupwiseComparator } from '../../../src/rerank/comparators/groupwise.js';
import { fakeModel } from '../../fixtures/fake-model.js';

const query = { id: 'q', text: 'how long do fleas live' };
const passages = ['alpha', 'beta', 'gamma'].map((text, index) => ({ id: `p${index}`, text }));

test('scores by a reply held to a schema of one whole number a label', async () => {
  let schema: unknown;
  const model = fakeModel({
    generate: (request) => {
      schema = request.schema;
      return '{"A": 3, "B": 10, "C": 3}';
    },
  });
  const { order, scores, warnings } = await groupwiseComparator({ model }).compare(query, passages);
  expect(scores).toEqual([3, 10, 3]);
  expect(order).toEqual([1, 0, 2]);
  expect(warnings).toEqual([]);
  expect(schema).toEqual({
    type: 'object',
    properties: Object.fromEntries(
      ['A', 'B', 'C'].map((name) => [name, { type: 'integer', minimum: 0, maximum: 10 }]),
    ),
    required: ['A', 'B', 'C'],
    additionalProperties: false,
  });
});

test('without a schema it is asked for in words, with a warning', async () => {
  const model = fakeModel({
    capabilities: { schema: false },
    generate: ({ schema }) => {
      expect(schema).toBeUndefined();
      return '```json\n{"[A]": 0, "[B]": 1, "[C]": 2}\n```';
    },
  });
  const { order, warnings } = await groupwiseComparator({ model }).compare(query, passages);
  expect(order).toEqual([2, 1, 0]);
  expect(warnings.map(({ code }) => code)).toEqual(['fallback-generate']);
});

test.each([
  ['a missing one', '{"A": 3, "B": 10}'],
  ['one too many', '{"A": 3, "B": 10, "C": 3, "D": 1}'],
  ['a repeated one', '{"A": 3, "B": 10, "B": 1, "C": 3}'],
  ['out of range', '{"A": 3, "B": 11, "C": 3}'],
  ['negative', '{"A": 3, "B": -1, "C": 3}'],
  ['a fraction', '{"A": 3, "B": 0.5, "C": 3}'],
  ['text', '{"A": "3", "B": "10", "C": "3"}'],
  ['a list', '[3, 10, 3]'],
  ['another object', '{"scores": {"A": 3, "B": 10, "C": 3}}'],
  ['an error body', '{"error": {"message": "3"}}'],
  ['prose', 'A is a 3, B a 10, C a 3.'],
  ['half of it', '{"A": 3, "B": 1'],
  ['nothing', ''],
])('%s is no scores, and its cost is told', async (_, text) => {
  const model = fakeModel({ generate: () => text });
  await expect(groupwiseComparator({ model }).compare(query, passages)).rejects.toMatchObject({
    code: 'unparsed-ranking',
    retryable: true,
    usage: { calls: 1 },
  });
});

test('another try samples', async () => {
  const asked: unknown[] = [];
  const model = fakeModel({
    generate: ({ temperature, sample }) => {
      asked.push([temperature, sample]);
      return '{"A": 3}';
    },
  });
  const comparator = groupwiseComparator({ model });
  await comparator.compare(query, passages.slice(0, 1));
  await comparator.compare(query, passages.slice(0, 1), { attempt: 1 });
  expect(asked).toEqual([
    [0, undefined],
    [0.5, 1],
  ]);
});

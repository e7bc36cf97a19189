import { expect, test } from 'vitest';
import { openComparator } from '../../../src/rerank/comparators/registry.js';
import { fakeModel } from '../../fixtures/fake-model.js';

const query = { id: 'q', text: 'how long do fleas live' };
const passages = ['alpha', 'beta'].map((text, index) => ({ id: `p${index}`, text }));
const open = (model: ReturnType<typeof fakeModel>) => openComparator('pointwise:graded', { model });

test('scores by the expected grade, whatever probability the grades hold together', async () => {
  const of: Record<string, number[]> = { alpha: [0.1, 0.2, 0.3, 0.4], beta: [0.01, 0.01, 0.02, 0.06] };
  const model = fakeModel({
    nextToken: ({ messages, replies }) => {
      expect(replies).toEqual(['0', '1', '2', '3']);
      return (messages[0]!.content.includes('alpha') ? of.alpha! : of.beta!).map(Math.log);
    },
  });
  const comparator = await open(model);
  const { scores, order } = await comparator.compare(query, passages);
  expect(scores![0]).toBeCloseTo(2, 10);
  expect(scores![1]).toBeCloseTo(2.3, 10);
  expect(order).toEqual([1, 0]);
  expect(comparator).toMatchObject({ name: 'pointwise:graded', absolute: true });
  expect(comparator.provenance?.promptId).toBe('rerank/graded');
});

test('unseen grades count for nothing, with the mass of the seen; none seen is an error', async () => {
  const model = fakeModel({ nextToken: () => [null, Math.log(0.1), Math.log(0.3), null] });
  const { scores, warnings } = await (await open(model)).compare(query, passages.slice(0, 1));
  expect(scores![0]).toBeCloseTo(1.75, 10);
  expect(warnings).toEqual([
    { code: 'unseen-labels', message: expect.stringMatching(/^2 of 4 grades .* 0\.400$/), id: 'p0' },
  ]);
  const blind = fakeModel({ nextToken: () => [null, null, null, null] });
  await expect((await open(blind)).compare(query, passages)).rejects.toMatchObject({ code: 'bad-reply' });
});

test.each([
  ['2', 2],
  [' 3.', 3],
  ['Grade: 1', 1],
  ['0\n', 0],
  ['1 - it names fleas only', 1],
  ['"2"', 2],
])('written %j is grade %d', async (text, grade) => {
  const model = fakeModel({ capabilities: { nextToken: 'none' }, generate: () => text });
  const { scores, warnings } = await (await open(model)).compare(query, passages.slice(0, 1));
  expect(scores).toEqual([grade]);
  expect(warnings.map(({ code }) => code)).toEqual(['fallback-generate']);
});

test.each(['4', '23', '2/10', '2.5', '0 - 3', '2: 3', 'two', '', 'The passage of 3 lines', '0 to 3'])(
  'written %j is none',
  async (text) => {
    const model = fakeModel({ capabilities: { nextToken: 'none' }, generate: () => text });
    await expect((await open(model)).compare(query, passages)).rejects.toMatchObject({
      code: 'bad-reply',
      retryable: true,
    });
  },
);

test('another scale is refused', async () => {
  await expect(openComparator('pointwise:stars', { model: fakeModel() })).rejects.toMatchObject({
    code: 'usage',
    hint: 'Write it as pointwise[:graded].',
  });
});

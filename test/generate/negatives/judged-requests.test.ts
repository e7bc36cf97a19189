import { expect, test } from 'vitest';
import { judgedRequests } from '../../../src/generate/negatives/judged-requests.js';

const passages = new Map(['a', 'b', 'c', 'd'].map((id) => [id, { id, text: id }]));
const queries = new Map(['q', 'r'].map((id) => [id, { id, text: id }]));
const requests = (grades: Record<string, number>, relevantFrom?: number) =>
  judgedRequests(
    { passages, queries, qrels: new Map([['q', new Map(Object.entries(grades))]]) },
    { relevantFrom },
  )[0]!;
const told = ({ positives, known }: ReturnType<typeof requests>) => [
  positives.map(({ passage, grade }) => [passage.id, grade]),
  Object.fromEntries(known ?? []),
];

test('a file of relevant and not: grades 3 and 0; passages that are not there are left out', () => {
  expect(told(requests({ a: 1, b: 0, missing: 1 }))).toEqual([[['a', 3]], { a: 3, b: 0 }]);
});

test('graded ones: the highest is 3, other relevant ones 2, what is below is known, best positives first', () => {
  expect(told(requests({ a: 1, b: 2, c: 0, d: -1 }))).toEqual([
    [
      ['b', 3],
      ['a', 2],
    ],
    { a: 2, b: 3, c: 0, d: 0 },
  ]);
  expect(told(requests({ a: 3, b: 2, c: 1, d: 0 }, 2))).toEqual([
    [
      ['a', 3],
      ['b', 2],
    ],
    { a: 3, b: 2, c: 1, d: 0 },
  ]);
});

test('a query without judgements has no positives; kinds and origins say what they are', () => {
  const [first, second] = judgedRequests({ passages, queries, qrels: new Map([['q', new Map([['a', 1]])]]) });
  expect(first!.positives[0]).toMatchObject({ kind: 'positive', origin: 'judged' });
  expect(second!.positives).toEqual([]);
});

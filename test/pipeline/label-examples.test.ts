import { expect, test } from 'vitest';
import type { Candidates } from '../../src/core/candidates.js';
import type { Example, ExamplePassage } from '../../src/core/example.js';
import { labelExamples, withOwnPassages } from '../../src/pipeline/label-examples.js';

const query = { id: 'q', text: 'fleas' };
const passage = (id: string) => ({ id, text: `text of ${id}` });
const item = (
  id: string,
  origin: ExamplePassage['origin'],
  grade: ExamplePassage['grade'] = 0,
): ExamplePassage => ({
  passage: passage(id),
  grade,
  kind: grade >= 2 ? 'positive' : 'hard-negative',
  origin,
});
const example: Example = {
  query,
  passages: [
    item('a', 'corpus', 3),
    item('far', 'mined:bm25'),
    item('drawn', 'corpus'),
    item('q-level2', 'generated:2', 2),
    item('q-wrong', 'edited:wrong'),
  ],
  split: 'train',
  ledgerKeys: [],
};
const lists: Candidates[] = [{ query, items: ['b', 'a', 'c'].map((id) => ({ passage: passage(id) })) }];
const run = (name: string, kind: 'teacher' | 'untrained', scores: Record<string, number>) => ({
  name,
  kind,
  run: new Map([['q', Object.entries(scores).map(([id, score]) => ({ id, score }))]]),
});

test('every passage of the collection gets the labels of the runs with a weight, written ones none', () => {
  const own = withOwnPassages(lists, [example]);
  expect(own[0]!.items.map(({ passage: { id } }) => id)).toEqual(['b', 'a', 'c', 'far', 'drawn']);
  // Population z-scores of 4, 2, 1, 3 and, for what it did not score, its lowest again: 1.
  const bm25 = run('bm25', 'untrained', { b: 4, a: 2, c: 1, far: 3 });
  const mean = 11 / 5;
  const deviation = Math.sqrt([4, 2, 1, 3, 1].reduce((sum, x) => sum + (x - mean) ** 2, 0) / 5);
  const weights = new Map([
    ['bm25', 2],
    ['useless', 0],
  ]);
  const useless = run('useless', 'teacher', { a: 99 });
  const [labelled] = labelExamples([example], { lists: own, runs: [bm25, useless], weights });
  const byId = new Map(labelled!.passages.map((one) => [one.passage.id, one]));
  expect(byId.get('far')!.teacherScore).toBeCloseTo((2 * (3 - mean)) / deviation, 9);
  expect(byId.get('drawn')!.teacherScore).toBeCloseTo((2 * (1 - mean)) / deviation, 9);
  expect(['far', 'a'].map((id) => byId.get(id)!.teacherRank)).toEqual([2, 3]);
  for (const id of ['q-level2', 'q-wrong']) expect(byId.get(id)).not.toHaveProperty('teacherScore');
  expect(byId.get('far')!.margin).toBeCloseTo(
    byId.get('a')!.teacherScore! - byId.get('far')!.teacherScore!,
    9,
  );
});

test('a query without candidates keeps its example as it was', () => {
  const [same] = labelExamples([example], { lists: [], runs: [], weights: new Map() });
  expect(same!.passages.map(({ teacherScore }) => teacherScore)).toEqual(
    example.passages.map(() => undefined),
  );
});

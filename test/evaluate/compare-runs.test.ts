import { expect, test } from 'vitest';
import type { Qrels, Run } from '../../src/core/run.js';
import { compareRuns } from '../../src/evaluate/compare-runs.js';
import { evaluateRun } from '../../src/evaluate/evaluate-run.js';
import { knownItemQrels, knownItemReciprocalRanks } from '../../src/evaluate/known-item.js';
import { readQrels } from '../../src/formats/qrels.js';
import { readRun } from '../../src/formats/trec-run.js';
import { hasSharedData, sharedData } from '../shared-data.js';

const ranked = (...ids: string[]) => ids.map((id, index) => ({ id, score: -index }));

test('counts wins, ties and losses over the shared queries', () => {
  const qrels: Qrels = new Map(['q1', 'q2', 'q3', 'q4'].map((id) => [id, new Map([['good', 1]])]));
  const a: Run = new Map([
    ['q1', ranked('good')],
    ['q2', ranked('bad', 'good')],
    ['q3', ranked('bad')],
    ['q4', ranked('good')],
  ]);
  const b: Run = new Map([
    ['q1', ranked('bad', 'good')],
    ['q2', ranked('bad', 'good')],
    ['q3', ranked('good')],
  ]);
  const all = compareRuns(qrels, [a, b], 'RR', { seed: 1 });
  expect(all).toMatchObject({ queries: 4, wins: 2, ties: 1, losses: 1, measure: 'RR' });
  expect(all.difference.mean).toBeCloseTo((0.5 + 0 - 1 + 1) / 4, 12);
  const both = compareRuns(qrels, [a, b], 'RR', { seed: 1, missingQueries: 'skip' });
  expect(both).toMatchObject({ queries: 3, wins: 1, ties: 1, losses: 1 });
  expect(both.test.p).toBe(1);
});

test.skipIf(!hasSharedData('dl19'))(
  'tells a real gain from chance on DL19 (needs shared data dl19)',
  async () => {
    const qrels = await readQrels(sharedData('dl19', 'qrels', 'test.tsv'));
    const read = (name: string) => readRun(sharedData('dl19', 'runs', `${name}.trec`));
    const [bm25, rm3, vicuna] = [
      await read('first-stage/bm25'),
      await read('first-stage/bm25_rm3'),
      await read('llm/rankvicuna-7b'),
    ];
    const real = compareRuns(qrels, [vicuna, bm25], 'nDCG@10', { seed: 1 });
    expect(real.test.p).toBeLessThan(0.001);
    expect(real.difference.low).toBeGreaterThan(0.1);
    const chance = compareRuns(qrels, [rm3, bm25], 'nDCG@10', { seed: 1 });
    expect(chance.difference.mean).toBeCloseTo(0.0158, 3);
    expect(chance.test.p).toBeGreaterThan(0.1);
    expect(chance.difference.low).toBeLessThan(0);
  },
);

test('known items: one over the rank of the source passage, as RR over their judgements', () => {
  const known = new Map([
    ['q1', 'a'],
    ['q2', 'b'],
    ['q3', 'c'],
  ]);
  const run: Run = new Map([
    ['q1', ranked('x', 'y', 'z', 'a')],
    ['q2', ranked('x')],
  ]);
  expect(knownItemReciprocalRanks(known, run)).toEqual([0.25, 0, 0]);
  expect(evaluateRun(knownItemQrels(known), run, ['RR']).means.RR).toBeCloseTo(0.25 / 3, 12);
});

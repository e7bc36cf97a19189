import { expect, test } from 'vitest';
import { mean } from '../../../src/core/vectors.js';
import { clickRates } from '../../../src/distill/clicks/click-rates.js';
import { learnPropensities } from '../../../src/distill/clicks/learn-propensities.js';
import { scoreFeatures } from '../../../src/distill/students/scorer.js';
import { listGains } from '../../../src/distill/students/targets.js';
import { trainStudent } from '../../../src/distill/train-student.js';
import { lookedAt, type SimulatedLog, simulateClicks } from './simulate-clicks.js';

const features = { version: 1, dense: false, firstStage: false, names: ['old', 'good', 'noise'] };
const rows = new Map(Array.from({ length: 10 }, (_, row) => [`p${row}`, row]));

const propensitiesOf = async ({ lists, sessions }: SimulatedLog, seed = 1) =>
  (await learnPropensities(new Map(lists.map((list) => [list.queryId, { list, rows }])), sessions, { seed }))
    .propensities;

/** nDCG@10 of a linear student against what people would click if they looked at everything. */
async function worth(
  { lists, sessions, attraction }: SimulatedLog,
  propensities: readonly number[],
): Promise<number> {
  const rates = clickRates(sessions, { propensities });
  const labelled = lists.map((list) => ({
    ...list,
    labels: Float64Array.from(rows.keys(), (id) => 3 * rates.get(list.queryId)!.get(id)!),
  }));
  const prior = { old: 1 };
  const { parameters } = await trainStudent(labelled, {
    kind: 'linear',
    features,
    labels: 'grades',
    seed: 1,
    prior,
  });
  const gains = lists.map(({ queryId }) =>
    Float64Array.from(attraction.get(queryId)!, (x) => 2 ** (3 * x) - 1),
  );
  return mean(
    listGains(
      lists.map((list) => scoreFeatures(parameters, list.features)),
      gains,
    ),
  );
}

test.each([0.5, 1, 1.5])(
  'the position bias of severity %d is recovered from the clicks alone',
  async (severity) => {
    const learnt = await propensitiesOf(simulateClicks({ severity, queries: 100, perQuery: 20 }));
    expect(learnt[0]).toBe(1);
    for (let position = 1; position < 10; position++)
      expect(Math.abs(learnt[position]! - lookedAt(position, severity))).toBeLessThan(0.12);
  },
);

test('a student of corrected clicks recovers the true order, one of raw clicks learns the old ranking', async () => {
  const log = simulateClicks({ queries: 100, perQuery: 20 });
  const raw = await worth(log, [1]);
  const given = await worth(
    log,
    Array.from({ length: 10 }, (_, position) => lookedAt(position)),
  );
  const learnt = await worth(log, await propensitiesOf(log));
  expect(raw).toBeLessThan(0.93);
  expect(given).toBeGreaterThan(0.99);
  expect(learnt).toBeGreaterThan(0.98);
});

test('where people look at everything, no position is corrected', async () => {
  const learnt = await propensitiesOf(simulateClicks({ severity: 0, queries: 100, perQuery: 20 }));
  for (const propensity of learnt) expect(Math.abs(propensity - 1)).toBeLessThan(0.35);
});

test('the same seed gives the same propensities', async () => {
  const log = simulateClicks({ queries: 20, perQuery: 5 });
  expect(await propensitiesOf(log, 3)).toEqual(await propensitiesOf(log, 3));
});

test('rates are clicks over expected looks, drawn to the mean where looks are few', () => {
  const sessions = [
    { queryId: 'q', shown: ['a', 'b'], clicked: [0, 1] },
    { queryId: 'q', shown: ['a', 'b'], clicked: [0] },
  ];
  const exact = clickRates(sessions, { propensities: [1, 0.5], smoothing: 0 }).get('q')!;
  expect([...exact]).toEqual([
    ['a', 1],
    ['b', 1],
  ]);
  // 3 clicks in 3 looks on the whole; unclicked at the top is more telling than unclicked below.
  const unclicked = clickRates([...sessions, { queryId: 'r', shown: ['a', 'b', 'c'], clicked: [] }], {
    propensities: [1, 0.5, 0.1],
  }).get('r')!;
  expect(unclicked.get('a')!).toBeLessThan(unclicked.get('b')!);
  expect(unclicked.get('b')!).toBeLessThan(unclicked.get('c')!);
});

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import type { Ranking } from '../../../src/core/ranking.js';
import { noUsage } from '../../../src/core/usage.js';
import { mean } from '../../../src/core/vectors.js';
import { keepRelevant, readCutOff, writeCutOff } from '../../../src/rerank/cut-off/cut-off.js';
import { fitCutOff } from '../../../src/rerank/cut-off/fit-cut-off.js';
import { hoeffdingBentkus } from '../../../src/rerank/cut-off/hoeffding-bentkus.js';
import { type RiskName, risks } from '../../../src/rerank/cut-off/risks.js';

const golden = JSON.parse(
  readFileSync(new URL('../../fixtures/hoeffding-bentkus.json', import.meta.url), 'utf8'),
) as { cases: { n: number; alpha: number; risk: number; p: number }[] };

test('p-values equal those worked out by scipy', () => {
  for (const { p, risk, ...of } of golden.cases) {
    const own = hoeffdingBentkus(risk, of);
    expect(Math.abs(own - p), JSON.stringify({ risk, ...of })).toBeLessThan(1e-9 + 1e-8 * p);
  }
});

/** A query's passages: the more probable the higher the score, on the query's own terms. */
function drawLists(queries: number, seed: number) {
  return Array.from({ length: queries }, (_, q) => {
    const random = randomStream(seed, 'cut-off-test', q);
    const ease = random.normal();
    const scores = Array.from({ length: 15 }, () => 2 * random.normal() - 1);
    return {
      queryId: `q${q}`,
      scores,
      relevant: scores.map((score) => random.next() < 1 / (1 + Math.exp(-(1.5 * score + ease)))),
    };
  });
}

describe('coverage: over many drawings of judged queries, the promise fails no more often than it says', () => {
  const thresholds = Array.from({ length: 61 }, (_, index) => -6 + index / 5);
  const population = drawLists(4000, 1);
  test.each<[RiskName, number, number]>([
    ['irrelevant-kept', 0.2, 0.1],
    ['irrelevant-kept', 0.3, 0.25],
    ['relevant-missed', 0.1, 0.1],
    ['relevant-missed', 0.2, 0.25],
  ])('%s at most %d except for %d', (risk, alpha, delta) => {
    const truth = new Map(
      thresholds.map((threshold) => [
        threshold,
        mean(population.map((list) => risks[risk].loss(list, threshold))),
      ]),
    );
    const trials = 200;
    const chosen = Array.from(
      { length: trials },
      (_, trial) => fitCutOff(drawLists(80, 100 + trial), { risk, alpha, delta, thresholds }).threshold,
    );
    const broken = chosen.filter((threshold) => truth.get(threshold)! > alpha).length / trials;
    // Three standard errors of a share of 200.
    expect(broken).toBeLessThanOrEqual(delta + 3 * Math.sqrt((delta * (1 - delta)) / trials));
    // And it is no empty promise: a part of the risk that is allowed is taken.
    expect(mean(chosen.map((threshold) => truth.get(threshold)!))).toBeGreaterThan(alpha / 3);
  });
});

test('more risk keeps more, or misses more', () => {
  const lists = drawLists(300, 5);
  const kept = (risk: RiskName, alpha: number) => fitCutOff(lists, { risk, alpha }).figures.kept;
  expect(kept('irrelevant-kept', 0.4)).toBeGreaterThan(kept('irrelevant-kept', 0.2));
  expect(kept('relevant-missed', 0.3)).toBeLessThan(kept('relevant-missed', 0.1));
});

test('thresholds drawn from queries aside: figures are of the others, and a seed repeats them', () => {
  const lists = drawLists(200, 6);
  const fitted = (seed: number) => fitCutOff(lists, { risk: 'irrelevant-kept', alpha: 0.3, seed });
  expect(fitted(1)).toEqual(fitted(1));
  expect(fitted(1).figures.queries).toBe(150);
  expect(fitted(1).threshold).not.toBe(fitted(2).threshold);
  const { figures } = fitted(1);
  expect(figures.irrelevantKept).toBeLessThan(0.3);
});

test('probabilities have thresholds by hundredths, and all queries test them', () => {
  const lists = drawLists(200, 7).map(({ scores, ...list }) => ({
    ...list,
    scores: scores.map((score) => 1 / (1 + Math.exp(-1.5 * score))),
  }));
  const { threshold, figures, on } = fitCutOff(lists, {
    risk: 'relevant-missed',
    alpha: 0.1,
    on: 'probability',
  });
  expect(on).toBe('probability');
  expect(figures.queries).toBe(200);
  expect(threshold * 100).toBeCloseTo(Math.round(threshold * 100), 9);
});

describe('nothing is promised without cause', () => {
  test('too few queries: how many it takes is said', () => {
    expect(() =>
      fitCutOff(drawLists(21, 1), { risk: 'relevant-missed', alpha: 0.1, thresholds: [-100] }),
    ).toThrow(expect.objectContaining({ code: 'too-little-data', hint: expect.stringContaining('22') }));
    expect(
      fitCutOff(drawLists(22, 1), { risk: 'relevant-missed', alpha: 0.1, thresholds: [-100] }).threshold,
    ).toBe(-100);
  });

  test('no query at all', () => {
    expect(() => fitCutOff([], { risk: 'irrelevant-kept', alpha: 0.1 })).toThrow(
      expect.objectContaining({ code: 'too-little-data' }),
    );
  });

  test.each([{ alpha: 0 }, { alpha: 1 }, { alpha: 0.1, delta: 0 }, { alpha: Number.NaN }])('%j', (given) => {
    expect(() => fitCutOff(drawLists(30, 1), { risk: 'irrelevant-kept', ...given })).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
  });
});

describe('what is kept', () => {
  const ranking: Ranking = {
    queryId: 'q',
    items: [
      { id: 'a', rank: 1, score: 3, probability: 0.9 },
      { id: 'b', rank: 2, score: 2, probability: 0.3 },
      { id: 'c', rank: 3, score: 1, probability: 0.5 },
    ],
    usage: { ...noUsage, rounds: 1 },
    warnings: [],
  };
  const idsOf = ({ items }: Ranking) => items.map(({ id, rank }) => `${rank} ${id}`);

  test('is at the threshold or above, with ranks from 1', () => {
    expect(idsOf(keepRelevant(ranking, { on: 'score', threshold: 2 }))).toEqual(['1 a', '2 b']);
    expect(idsOf(keepRelevant(ranking, { on: 'probability', threshold: 0.5 }))).toEqual(['1 a', '2 c']);
    expect(idsOf(keepRelevant(ranking, { on: 'probability', threshold: 0.95 }))).toEqual([]);
  });

  test('is not known where there are no probabilities', () => {
    const bare = { ...ranking, items: ranking.items.map(({ id, rank, score }) => ({ id, rank, score })) };
    expect(() => keepRelevant(bare, { on: 'probability', threshold: 0.5 })).toThrow(
      expect.objectContaining({ code: 'usage', where: 'q' }),
    );
  });

  test('a cut-off comes back from its file as it was', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rankforge-cut-off-'));
    try {
      const cutOff = fitCutOff(drawLists(60, 2), { risk: 'irrelevant-kept', alpha: 0.4 });
      await writeCutOff(join(folder, 'cut-off.json'), cutOff);
      expect(await readCutOff(join(folder, 'cut-off.json'))).toEqual(cutOff);
      await writeFile(join(folder, 'bad.json'), JSON.stringify({ ...cutOff, alpha: 2 }));
      await expect(readCutOff(join(folder, 'bad.json'))).rejects.toMatchObject({ code: 'bad-file' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

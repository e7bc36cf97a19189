import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import type { Run } from '../../../src/core/run.js';
import { fuseTeachers } from '../../../src/distill/teachers/fuse-teachers.js';
import {
  measureTeachers,
  type TeacherData,
  type TeacherRun,
} from '../../../src/distill/teachers/measure-teachers.js';
import { readQrels } from '../../../src/formats/qrels.js';
import { readRun } from '../../../src/formats/trec-run.js';
import { hasSharedData, sharedData } from '../../shared-data.js';

/** 40 queries of 15 candidates; passage 0 of each is known, and a run finds it with a given strength. */
const queries = Array.from({ length: 40 }, (_, q) => `q${q}`);
const candidates = new Map(queries.map((q) => [q, Array.from({ length: 15 }, (_, i) => `${q}-${i}`)]));
const known = new Map(queries.map((q) => [q, `${q}-0`]));
const simulate = (name: string, strength: number): Run =>
  new Map(
    queries.map((q) => {
      const random = randomStream(11, name, q);
      const items = candidates
        .get(q)!
        .map((id, i) => ({ id, score: random.normal() + (i === 0 ? strength : 0) }));
      return [q, items.sort((a, b) => b.score - a.score)];
    }),
  );
const bm25: TeacherRun = { name: 'bm25', kind: 'untrained', run: simulate('bm25', 1.5) };
const good: TeacherRun = { name: 'good', kind: 'teacher', run: simulate('good', 2) };
const noise: TeacherRun = { name: 'noise', kind: 'teacher', run: simulate('noise', 0) };
const data: TeacherData = { candidates, known, runs: [bm25, good, noise] };

describe('simulated teachers', () => {
  const fused = fuseTeachers(data, { seed: 7 });
  const row = (name: string) => fused.rows.find((one) => one.name === name)!;

  test('a good one gets weight, noise none, and the table says so', () => {
    expect(fused.weights.get('good')).toBeGreaterThan(0.3);
    expect(fused.weights.get('noise')).toBe(0);
    expect(row('noise').note).toBe('adds nothing');
    expect(fused.weights.get('bm25')).toBe(1);
    expect(row('labels').knownItems!.rr).toBeGreaterThan(row('untrained fusion').knownItems!.rr + 0.1);
  });

  test('over many seeds noise alone rarely gets a weight', () => {
    let believed = 0;
    for (let seed = 0; seed < 40; seed++) {
      const run = simulate(`noise ${seed}`, 0);
      believed +=
        fuseTeachers({ ...data, runs: [bm25, { ...noise, run }] }, { seed }).weights.get('noise')! > 0
          ? 1
          : 0;
    }
    expect(believed).toBeLessThanOrEqual(6);
  });

  test('labels hold every candidate once, best first, and the seed repeats them', () => {
    for (const [q, items] of fused.labels) {
      expect(items.map(({ id }) => id).sort()).toEqual([...candidates.get(q)!].sort());
      expect(items.every(({ score }, i) => i === 0 || score <= items[i - 1]!.score)).toBe(true);
    }
    expect(fuseTeachers(data, { seed: 7 })).toEqual(fused);
  });

  test('a copy of what is there adds nothing', () => {
    const copy: TeacherRun = { ...bm25, name: 'copy', kind: 'teacher' };
    expect(fuseTeachers({ ...data, runs: [bm25, copy] }, { seed: 7 }).weights.get('copy')).toBe(0);
  });

  test('without untrained run, and with a name twice, an error', () => {
    expect(() => fuseTeachers({ ...data, runs: [good] }, { seed: 1 })).toThrow(/no untrained run/);
    expect(() => fuseTeachers({ ...data, runs: [bm25, good, good] }, { seed: 1 })).toThrow(/named "good"/);
  });
});

describe('likelihood under the model that wrote the queries', () => {
  const likelihood: TeacherRun = { ...good, comparator: 'likelihood', modelId: 'small' };
  const writers = (count: number) => new Map(queries.slice(0, count).map((q) => [q, 'small']));

  test('is left out when that model wrote all of them', () => {
    const fused = fuseTeachers({ ...data, runs: [bm25, likelihood], writers: writers(40) }, { seed: 7 });
    const row = fused.rows.find(({ name }) => name === 'good')!;
    expect(row).toMatchObject({ flattered: true, weight: 0, note: expect.stringMatching(/^flattered/) });
    expect(row.knownItems).toBeUndefined();
    expect(fused.warnings.map(({ code }) => code)).toContain('no-teacher-helps');
  });

  test('is measured and fitted on the queries of other writers', () => {
    const mixed = { ...data, runs: [bm25, likelihood], writers: writers(20) };
    expect(measureTeachers(mixed)[1]).toMatchObject({ flattered: true, knownItems: { queries: 20 } });
    expect(fuseTeachers(mixed, { seed: 7 }).weights.get('good')).toBeGreaterThan(0.3);
  });

  test('another comparator of that model is not flattered', () => {
    const yesNo = { ...likelihood, comparator: 'pointwise' };
    expect(measureTeachers({ ...data, runs: [bm25, yesNo], writers: writers(40) })[1]!.flattered).toBe(false);
  });
});

test('NaN, infinite, missing and constant scores count as the lowest or teach nothing', () => {
  const broken = new Map(
    [...good.run].map(([q, items], i) => [
      q,
      items.slice(0, 12).map((item, j) => ({
        ...item,
        score: j === 11 ? [Number.NaN, Number.POSITIVE_INFINITY][i % 2]! : item.score,
      })),
    ]),
  );
  const constant = new Map(queries.map((q) => [q, candidates.get(q)!.map((id) => ({ id, score: 4 }))]));
  const fused = fuseTeachers(
    { ...data, runs: [bm25, { ...good, run: broken }, { ...noise, name: 'constant', run: constant }] },
    { seed: 7 },
  );
  expect([...fused.labels.values()].flat().every(({ score }) => Number.isFinite(score))).toBe(true);
  expect(fused.weights.get('constant')).toBe(0);
  expect(fused.rows[1]!.missing).toBe(40 * 4);
});

test('too few known items: no weight, and said', () => {
  const few = new Map([...known].slice(0, 4));
  const fused = fuseTeachers({ ...data, known: few }, { seed: 7 });
  expect(fused.rows[1]).toMatchObject({ weight: 0, note: 'too few known items (4) to give it a weight' });
});

describe.skipIf(!hasSharedData('dl19'))('recorded teachers on DL19 (skipped without shared data)', () => {
  test('RankVicuna gets weight, noise none, and judged nDCG@10 rises above BM25', async () => {
    const read = (name: string) => readRun(sharedData('dl19', 'runs', `${name}.trec`));
    const [first, vicuna, qrels] = await Promise.all([
      read('first-stage/bm25'),
      read('llm/rankvicuna-7b'),
      readQrels(sharedData('dl19', 'qrels', 'test.tsv')),
    ]);
    const lists = new Map([...first].map(([q, items]) => [q, items.map(({ id }) => id)]));
    // One passage of the top grade a query, as if the query had been written from it.
    const source = new Map(
      [...lists].flatMap(([q, ids]) => {
        const best = ids.filter((id) => qrels.get(q)?.get(id) === 3);
        return best.length > 0 ? [[q, best[best.length >> 1]!] as const] : [];
      }),
    );
    const random = randomStream(3, 'noise');
    const useless = new Map(
      [...lists].map(([q, ids]) => [q, ids.map((id) => ({ id, score: random.next() }))]),
    );
    const fused = fuseTeachers(
      {
        candidates: lists,
        known: source,
        qrels,
        runs: [
          { name: 'bm25', kind: 'untrained', run: first },
          { name: 'rankvicuna', kind: 'teacher', run: vicuna, ranksOnly: true },
          { name: 'noise', kind: 'teacher', run: useless },
        ],
      },
      { seed: 7 },
    );
    expect(fused.weights.get('rankvicuna')).toBeGreaterThan(0.3);
    expect(fused.weights.get('noise')).toBe(0);
    const judged = (name: string) => fused.rows.find((one) => one.name === name)!.judged!.ndcg;
    expect(judged('rankvicuna')).toBeCloseTo(0.684, 3);
    expect(judged('labels')).toBeGreaterThan(judged('bm25') + 0.1);
  });
});

import { describe, expect, test } from 'vitest';
import { exitCode } from '../../src/core/errors.js';
import { randomStream } from '../../src/core/random.js';
import type { Run } from '../../src/core/run.js';
import { gateFailed, gateTogether, runGate } from '../../src/distill/gate.js';

const ids = ['a', 'b', 'c'];
const qrelsOf = (count: number) =>
  new Map(Array.from({ length: count }, (_, q) => [`q${q}`, new Map([['a', 2]])]));
/** Places passage a at the given rank of each query. */
const runOf = (count: number, rankOf: (q: number) => number): Run =>
  new Map(
    Array.from({ length: count }, (_, q) => {
      const order = ids.filter((id) => id !== 'a');
      order.splice(rankOf(q), 0, 'a');
      return [`q${q}`, order.map((id, i) => ({ id, score: -i }))];
    }),
  );
const gate = (
  count: number,
  student: (q: number) => number,
  baselines: Record<string, (q: number) => number>,
) =>
  runGate({
    student: { name: 'mine', run: runOf(count, student) },
    baselines: Object.fromEntries(Object.entries(baselines).map(([name, of]) => [name, runOf(count, of)])),
    qrels: qrelsOf(count),
    seed: 7,
  });

test('passes when better than the best untrained ranking', () => {
  const result = gate(20, () => 0, { bm25: () => 2, dense: (q) => (q % 3 ? 1 : 0) });
  expect(result).toMatchObject({ passed: true, baseline: 'dense', queries: 20, tooFew: false });
  expect(result.p).toBeLessThan(0.05);
  expect(result.difference.low).toBeGreaterThan(0);
});

test('beating BM25 alone is not enough', () => {
  const result = gate(20, () => 1, { bm25: () => 2, fused: () => 0 });
  expect(result).toMatchObject({ passed: false, baseline: 'fused' });
  expect(result.reason).toMatch(/^worse than fused/);
});

test('better by chance does not pass', () => {
  const result = gate(20, (q) => (q === 0 ? 0 : 1), { bm25: () => 1 });
  expect(result.passed).toBe(false);
  expect(result.reason).toMatch(/may be chance/);
});

test.each([
  [5, true],
  [6, false],
])('%i queries: too few is %s', (count, tooFew) => {
  const result = gate(count, () => 0, { bm25: () => 2 });
  expect([result.tooFew, result.passed]).toEqual([tooFew, !tooFew]);
  if (tooFew) expect(result.reason).toMatch(/too few/);
});

describe('errors', () => {
  test('no baseline', () => {
    expect(() => gate(10, () => 0, {})).toThrow(expect.objectContaining({ code: 'too-little-data' }));
  });

  test('a failed gate ends a command with 4', () => {
    expect(
      exitCode(
        gateFailed(
          gate(10, () => 1, { bm25: () => 0 }),
          'students/mine',
        ),
      ),
    ).toBe(4);
  });
});

describe('beside its teacher', () => {
  const against = (teacher: (q: number) => number, count: number) =>
    runGate({
      student: { name: 'mine', run: runOf(20, () => 0) },
      baselines: { bm25: runOf(20, () => 2) },
      teachers: { llm: runOf(count, teacher) },
      qrels: qrelsOf(20),
      seed: 7,
    });

  test('a better teacher is told of, and does not fail the student', () => {
    const result = runGate({
      student: { name: 'mine', run: runOf(20, () => 1) },
      baselines: { bm25: runOf(20, () => 2) },
      teachers: { llm: runOf(20, () => 0) },
      qrels: qrelsOf(20),
      seed: 7,
    });
    expect(result.passed).toBe(true);
    const [teacher] = result.teachers!;
    // At rank 2 of grade 2 the gain is discounted by log2(3), at rank 3 by 2.
    const [second, third] = [1 / Math.log2(3), 1 / 2];
    expect(teacher).toMatchObject({ name: 'llm', queries: 20, teacherMean: 1 });
    expect(teacher!.difference.mean).toBeCloseTo(second - 1, 9);
    expect(teacher!.kept).toBeCloseTo((second - third) / (1 - third), 9);
    expect(teacher!.p).toBeLessThan(0.001);
  });

  test('queries that the teacher did not rank are left out', () => {
    expect(against(() => 0, 8).teachers).toMatchObject([{ queries: 8, difference: { mean: 0 } }]);
    expect(against(() => 0, 0).teachers).toBeUndefined();
  });

  test('with a margin it must not be worse by more', () => {
    const worse = (teacherMargin: number) =>
      runGate({
        student: { name: 'mine', run: runOf(20, (q) => (q % 2 ? 0 : 1)) },
        baselines: { bm25: runOf(20, () => 2) },
        teachers: { llm: runOf(20, () => 0) },
        teacherMargin,
        qrels: qrelsOf(20),
        seed: 7,
      });
    expect(worse(0.5).passed).toBe(true);
    expect(worse(0.1)).toMatchObject({
      passed: false,
      reason: expect.stringMatching(/worse than its teacher llm/),
    });
  });
});

test('on subjects unseen in training it is compared with the baseline and with itself', () => {
  const { extrapolation } = runGate({
    student: { name: 'mine', run: runOf(20, () => 0) },
    baselines: { bm25: runOf(20, () => 2) },
    extrapolation: { run: runOf(20, () => 1), clusters: 6, folds: 4 },
    qrels: qrelsOf(20),
    seed: 7,
  });
  expect(extrapolation).toMatchObject({ clusters: 6, folds: 4, queries: 20 });
  expect(extrapolation!.difference.mean).toBeCloseTo(1 / Math.log2(3) - 1 / 2, 9);
  expect(extrapolation!.change.mean).toBeCloseTo(1 / Math.log2(3) - 1, 9);
});

test('too few says how many are needed, and that many are enough', () => {
  const few = gate(4, () => 0, { bm25: () => 2 });
  expect(few).toMatchObject({ tooFew: true, needed: 6 });
  expect(gate(few.needed!, () => 0, { bm25: () => 2 }).passed).toBe(true);
});

describe('several students on the same queries', () => {
  test('each p counts for as many as are left, and one that passed alone may not', () => {
    // 6 wins of 6 queries: p = 2 / 64, which passes alone.
    const one = gate(6, () => 0, { bm25: () => 2 });
    expect(one.passed).toBe(true);
    const [raised] = gateTogether([one, { ...one, student: 'other', p: 0.5 }]);
    expect(raised).toMatchObject({ passed: false, together: { students: 2, p: one.p * 2 } });
    expect(raised!.reason).toMatch(/among 2 students/);
    expect(gateTogether([one])).toEqual([one]);
  });

  test('Holm, worked out by hand', () => {
    const one = gate(30, () => 0, { bm25: () => 2 });
    const raised = gateTogether([0.04, 0.01, 0.03].map((p) => ({ ...one, p })));
    expect(raised.map(({ together }) => together!.p)).toEqual([0.06, 0.03, 0.06]);
    expect(raised.map(({ passed }) => passed)).toEqual([false, true, false]);
  });

  test('students that are chance pass together no more often than one alone', () => {
    const one = gate(30, () => 0, { bm25: () => 2 });
    const repeats = 4000;
    let [passes, alone] = [0, 0];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const random = randomStream(repeat, 'chance');
      // The p of what is no better than its baseline is uniform; students of one job share part of their luck.
      const shared = random.next();
      const results = [0, 1, 2, 3].map((i) => ({ ...one, p: i % 2 ? shared : random.next() }));
      if (gateTogether(results).some(({ passed }) => passed)) passes++;
      if (results.some(({ p }) => p < 0.05)) alone++;
    }
    expect(passes / repeats).toBeLessThan(0.06);
    expect(alone / repeats).toBeGreaterThan(0.1);
  });
});

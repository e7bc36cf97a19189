import { describe, expect, test } from 'vitest';
import { exitCode } from '../../src/core/errors.js';
import type { Run } from '../../src/core/run.js';
import { gateFailed, runGate } from '../../src/distill/gate.js';

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

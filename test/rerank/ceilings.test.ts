import { describe, expect, test } from 'vitest';
import { oracleComparator } from '../../src/rerank/comparators/judged.js';
import { rerankRun } from '../../src/rerank/rerank-run.js';
import { collect } from './collect.js';
import { dl19Candidates, dl19Qrels, hasDl19, ndcg10 } from './dl19.js';

describe.skipIf(!hasDl19)('ceilings with a perfect comparator on DL19 (needs shared data)', () => {
  const run = async (program: string) => {
    const qrels = await dl19Qrels();
    const rankings = await collect(
      rerankRun(await dl19Candidates(), { program, comparator: oracleComparator(qrels) }),
    );
    const mean = (of: (usage: (typeof rankings)[number]['usage']) => number) =>
      rankings.reduce((sum, { usage }) => sum + of(usage), 0) / rankings.length;
    return {
      nDCG10: ndcg10(qrels, rankings),
      calls: mean(({ calls }) => calls),
      rounds: mean(({ rounds }) => rounds),
    };
  };

  test.each([
    ['full', 0.8922, 1, 1],
    ['sliding:20/10', 0.8922, 9, 9],
    ['sliding:10/5', 0.817, 19, 19],
    ['sliding:4/2', 0.6961, 49, 49],
    ['pointwise', 0.8922, 100, 1],
    ['groupwise', 0.8922, 5, 1],
    ['adaptive', 0.8922, 6, 2],
  ])('%s: nDCG@10 %d in %d calls and %d rounds', async (program, nDCG10, calls, rounds) => {
    const measured = await run(program);
    expect(measured.nDCG10).toBeCloseTo(nDCG10, 4);
    expect([measured.calls, measured.rounds]).toEqual([calls, rounds]);
  });

  // The counts of these hang on the queries: means.
  test.each([
    ['tdpart', 0.8922, 7.1, 3.05],
    ['setwise-heap:19', 0.8922, 21, 17],
    ['setwise-bubble:19', 0.8922, 22.3, 22.3],
    // A comparison in both orders is two calls: about 470, whether the program asks twice or `pairwise` does.
    ['pairwise-heap', 0.8922, 234.8, 130],
    ['pairwise-heap:2', 0.8922, 469.6, 130],
    ['pairwise-bubble', 0.8922, 434.8, 434.8],
  ])('%s: nDCG@10 %d in about %d calls and %d rounds', async (program, nDCG10, calls, rounds) => {
    const measured = await run(program);
    expect(measured.nDCG10).toBeCloseTo(nDCG10, 4);
    expect(measured.calls).toBeCloseTo(calls, 0);
    expect(measured.rounds).toBeCloseTo(rounds, 0);
  });

  test.each([
    ['tournament', 0.881, 13, 5],
    ['blocks:20', 0.886, 20, 1],
    ['blocks:20/borda', 0.886, 20, 1],
    ['blocks:20/win-rate', 0.886, 20, 1],
    ['blocks:20/plackett-luce', 0.886, 20, 1],
  ])('%s: nDCG@10 %d or more in %d calls and %d rounds', async (program, nDCG10, calls, rounds) => {
    const measured = await run(program);
    expect(measured.nDCG10).toBeGreaterThanOrEqual(nDCG10);
    expect([measured.calls, measured.rounds]).toEqual([calls, rounds]);
  });
});

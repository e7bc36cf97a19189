import { describe, expect, test } from 'vitest';
import { oracleComparator } from '../../src/rerank/comparators/judged.js';
import { rerankRun } from '../../src/rerank/rerank-run.js';
import { collect } from './collect.js';
import { dl19Candidates, dl19Qrels, hasDl19, ndcg10 } from './dl19.js';

describe.skipIf(!hasDl19)('ceilings with a perfect comparator on DL19 (needs shared data)', () => {
  test.each([
    ['full', 0.8922, 1],
    ['sliding:20/10', 0.8922, 9],
    ['sliding:10/5', 0.817, 19],
    ['sliding:4/2', 0.6961, 49],
    ['pointwise', 0.8922, 100],
  ])('%s: nDCG@10 %d in %d calls', async (program, expected, calls) => {
    const qrels = await dl19Qrels();
    const rankings = await collect(
      rerankRun(await dl19Candidates(), { program, comparator: oracleComparator(qrels) }),
    );
    expect(ndcg10(qrels, rankings)).toBeCloseTo(expected, 4);
    for (const { usage } of rankings) expect(usage.calls).toBe(calls);
  });
});

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Qrels, Run } from '../../src/core/run.js';
import { type EvaluateOptions, evaluateRun } from '../../src/evaluate/evaluate-run.js';
import { readQrels } from '../../src/formats/qrels.js';
import { compareAsTrec } from '../../src/formats/trec-order.js';
import { readRun } from '../../src/formats/trec-run.js';
import { hasSharedData, sharedData } from '../shared-data.js';

/** trec_eval's measures that have a counterpart here. */
const counterparts: Record<string, string> = {
  map: 'AP',
  recip_rank: 'RR',
  ndcg: 'nDCG',
  set_recall: 'R',
  ...Object.fromEntries(
    [5, 10, 15, 20, 30, 100, 200, 500, 1000].flatMap((k) => [
      [`P_${k}`, `P@${k}`],
      [`recall_${k}`, `R@${k}`],
      [`ndcg_cut_${k}`, `nDCG@${k}`],
      [`map_cut_${k}`, `AP@${k}`],
    ]),
  ),
  ...Object.fromEntries([1, 5, 10].map((k) => [`success_${k}`, `Success@${k}`])),
};

/** By query (or `all`) and measure, as trec_eval printed it. */
function readExpected(path: string): Map<string, Map<string, string>> {
  const expected = new Map<string, Map<string, string>>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [name, query, value] = line.split('\t').map((field) => field.trim());
    if (!name || !query || !value) continue;
    if (!expected.has(query)) expected.set(query, new Map());
    expected.get(query)!.set(name, value);
  }
  return expected;
}

describe.skipIf(!hasSharedData('trec_eval'))(
  'equals trec_eval to 4 decimals (needs shared data trec_eval)',
  () => {
    const cases: [string, string, string, EvaluateOptions][] = [
      ['out.test', 'qrels.test', 'results.test', { missingQueries: 'skip' }],
      ['out.test', 'qrels.test.with-comments', 'results.test', { missingQueries: 'skip' }],
      ['out.comment.test', 'qrels.comment.test', 'results.comment.test', { missingQueries: 'skip' }],
      ['out.test.a', 'qrels.test', 'results.test', { missingQueries: 'skip' }],
      ['out.test.aq', 'qrels.test', 'results.test', { missingQueries: 'skip' }],
      ['out.test.aqc', 'qrels.test', 'results.trunc', { missingQueries: 'zero' }],
      ['out.test.aql', 'qrels.rel_level', 'results.test', { missingQueries: 'skip', relevantFrom: 2 }],
    ];
    test.each(cases)('%s: %s %s %o', async (expectedFile, qrelsFile, runFile, options) => {
      const qrels = await readQrels(sharedData('trec_eval', qrelsFile));
      const run = await readRun(sharedData('trec_eval', runFile));
      const { means, perQuery } = evaluateRun(qrels, run, Object.values(counterparts), options);
      const expected = readExpected(sharedData('trec_eval', expectedFile));
      let compared = 0;
      for (const [query, values] of expected) {
        const ours = query === 'all' ? means : perQuery.get(query)!;
        for (const [name, value] of values) {
          const counterpart = counterparts[name];
          if (!counterpart) continue;
          expect(`${query} ${name} ${ours[counterpart]!.toFixed(4)}`).toBe(`${query} ${name} ${value}`);
          compared++;
        }
      }
      expect(compared).toBeGreaterThan(10);
      if (expected.size > 1) expect(perQuery.size).toBe(expected.size - 1);
    });

    test('Judged is one less trec_eval’s unj', async () => {
      const qrels = await readQrels(sharedData('trec_eval', 'qrels.rel_level'));
      const run = await readRun(sharedData('trec_eval', 'results.test'));
      const { perQuery } = evaluateRun(qrels, run, ['Judged@5', 'Judged@10', 'Judged@20']);
      const expected = readExpected(sharedData('trec_eval', 'out.test.aql'));
      for (const [query, values] of perQuery) {
        for (const k of [5, 10, 20]) {
          expect((1 - values[`Judged@${k}`]!).toFixed(4)).toBe(expected.get(query)!.get(`unj_${k}`));
        }
      }
    });
  },
);

describe.skipIf(!hasSharedData('dl19'))(
  'gives the published figures on DL19 (needs shared data dl19)',
  () => {
    test.each([
      ['first-stage/bm25', '0.5058'],
      ['first-stage/bm25_rm3', '0.5216'],
      ['first-stage/splade_pp_ed', '0.7308'],
      ['first-stage/distilbert_tasb', '0.7210'],
      ['first-stage/openai_ada2', '0.7035'],
      ['llm/rankvicuna-7b', '0.6840'],
      ['llm/rankvicuna-7b-top20', '0.6171'],
      ['llm/rankvicuna-7b-noaug', '0.6675'],
      ['llm/gpt-3.5-turbo', '0.6868'],
      ['llm/vicuna-13b-v1.5-zeroshot', '0.4517'],
      ['llm/rankmistral100', '0.7255'],
    ])('%s has nDCG@10 %s', async (name, expected) => {
      const qrels = await readQrels(sharedData('dl19', 'qrels', 'qrels.dl19-passage.txt'));
      const run = await readRun(sharedData('dl19', 'runs', `${name}.trec`));
      expect(evaluateRun(qrels, run, ['nDCG@10']).means['nDCG@10']!.toFixed(4)).toBe(expected);
    });

    test('BM25 has nDCG-exp@10 0.4364, and BEIR’s judgements give the same as TREC’s', async () => {
      const run = await readRun(sharedData('dl19', 'runs', 'first-stage', 'bm25.trec'));
      const trec = await readQrels(sharedData('dl19', 'qrels', 'qrels.dl19-passage.txt'));
      const beir = await readQrels(sharedData('dl19', 'qrels', 'test.tsv'));
      expect(evaluateRun(trec, run, ['nDCG-exp@10']).means['nDCG-exp@10']!.toFixed(4)).toBe('0.4364');
      expect(evaluateRun(beir, run, ['AP(rel=2)'])).toEqual(evaluateRun(trec, run, ['AP(rel=2)']));
    });
  },
);

interface Golden {
  qrels: Record<string, Record<string, number>>;
  run: Record<string, Record<string, number>>;
  perQuery: Record<string, Record<string, number>>;
}

test('equals ir_measures on runs with ties, short lists, missing queries and a query without relevant passages', () => {
  const golden = JSON.parse(
    readFileSync(new URL('../fixtures/ir-measures.json', import.meta.url), 'utf8'),
  ) as Golden;
  const qrels: Qrels = new Map(
    Object.entries(golden.qrels).map(([id, grades]) => [id, new Map(Object.entries(grades))]),
  );
  const run: Run = new Map(
    Object.entries(golden.run).map(([queryId, scores]) => [
      queryId,
      Object.entries(scores)
        .map(([id, score]) => ({ id, score }))
        .sort(compareAsTrec),
    ]),
  );
  const names = Object.keys(golden.perQuery['1']!);
  const result = evaluateRun(qrels, run, names);
  expect(result.perQuery.size).toBe(24);
  for (const [queryId, values] of result.perQuery) {
    for (const name of names)
      expect(values[name], `${queryId} ${name}`).toBeCloseTo(golden.perQuery[queryId]![name]!, 4);
  }
  expect(result.missing).toEqual(['8', '20']);
  expect(result.unjudged).toEqual(['99']);
});

const qrels: Qrels = new Map([
  ['q1', new Map([['a', 1]])],
  ['q2', new Map([['b', 1]])],
]);

test('a query the run does not answer counts as 0, or is left out', () => {
  const run: Run = new Map([['q1', [{ id: 'a', score: 1 }]]]);
  expect(evaluateRun(qrels, run, ['RR']).means.RR).toBe(0.5);
  expect(evaluateRun(qrels, run, ['RR'], { missingQueries: 'skip' }).means.RR).toBe(1);
  expect(evaluateRun(qrels, run, ['RR']).missing).toEqual(['q2']);
});

test('a run of another collection is an error and not a zero', () => {
  const run: Run = new Map([['x', [{ id: 'a', score: 1 }]]]);
  expect(() => evaluateRun(qrels, run, ['RR'])).toThrow(
    expect.objectContaining({ code: 'too-little-data', message: expect.stringContaining('none of the 2') }),
  );
});

test.each([
  ['no judgement', new Map(), new Map([['q1', [{ id: 'a', score: 1 }]]]), 'There is no judgement'],
  ['an empty run', qrels, new Map(), 'The run is empty'],
] satisfies [string, Qrels, Run, string][])('%s is an error that says so', (_name, judged, run, message) => {
  expect(() => evaluateRun(judged, run, ['RR'])).toThrow(
    expect.objectContaining({ code: 'too-little-data', message: expect.stringContaining(message) }),
  );
});

test('a passage ranked twice is an error', () => {
  const run: Run = new Map([
    [
      'q1',
      [
        { id: 'a', score: 2 },
        { id: 'a', score: 1 },
      ],
    ],
  ]);
  expect(() => evaluateRun(qrels, run, ['RR'])).toThrow(
    expect.objectContaining({ code: 'duplicate-id', where: 'q1' }),
  );
});

test('measures lie in 0 to 1, and a better order never lowers nDCG', () => {
  const graded = fc.uniqueArray(fc.record({ id: fc.string(), grade: fc.integer({ min: -1, max: 3 }) }), {
    selector: ({ id }) => id,
    minLength: 2,
    maxLength: 12,
  });
  fc.assert(
    fc.property(graded, fc.integer({ min: 1, max: 15 }), (items, k) => {
      const judgements: Qrels = new Map([['q', new Map(items.map(({ id, grade }) => [id, grade]))]]);
      const runOf = (ids: readonly string[]): Run =>
        new Map([['q', ids.map((id, i) => ({ id, score: -i }))]]);
      const names = [
        `nDCG@${k}`,
        `nDCG-exp@${k}`,
        'AP',
        `RR@${k}`,
        `R@${k}`,
        `P@${k}`,
        `Judged@${k}`,
        `Success@${k}`,
      ];
      const values = evaluateRun(judgements, runOf(items.map(({ id }) => id)), names).means;
      for (const value of Object.values(values)) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1 + 1e-12);
      }
      const best = [...items].sort((a, b) => b.grade - a.grade).map(({ id }) => id);
      const ideal = evaluateRun(judgements, runOf(best), names).means;
      expect(ideal[`nDCG@${k}`]).toBeCloseTo(items.some(({ grade }) => grade > 0) ? 1 : 0, 12);
      expect(ideal[`nDCG@${k}`]).toBeGreaterThanOrEqual(values[`nDCG@${k}`]! - 1e-12);
    }),
  );
});

import { expect, test } from 'vitest';
import { measure } from '../../src/evaluate/parse-measure.js';

const grades = new Map([
  ['a', 3],
  ['b', 1],
  ['c', 0],
]);
const ranking = ['c', 'b', 'a', 'x'];

test.each([
  ['nDCG', (1 / Math.log2(3) + 3 / 2) / (3 + 1 / Math.log2(3))],
  ['nDCG@2', 1 / Math.log2(3) / (3 + 1 / Math.log2(3))],
  ['nDCG-exp@3', (1 / Math.log2(3) + 7 / 2) / (7 + 1 / Math.log2(3))],
  ['AP', (1 / 2 + 2 / 3) / 2],
  ['MAP', (1 / 2 + 2 / 3) / 2],
  ['AP@2', 1 / 2 / 2],
  ['AP(rel=2)', 1 / 3],
  ['RR', 1 / 2],
  ['MRR@10', 1 / 2],
  ['RR@1', 0],
  ['R@2', 1 / 2],
  ['P@10', 2 / 10],
  ['P(rel=2)@4', 1 / 4],
  ['Judged@4', 3 / 4],
  ['Judged@10', 3 / 4],
  ['Success@1', 0],
  ['Success@2', 1],
])('%s of a ranking worked out by hand', (name, expected) => {
  expect(measure(name).name).toBe(name);
  expect(measure(name).of(ranking, grades)).toBeCloseTo(expected, 12);
});

test.each([
  ['ndcg@10', 'Did you mean "nDCG@10"?'],
  ['NDGC@10', 'Did you mean "nDCG@10"?'],
  ['nDCG@0', 'Did you mean "nDCG@10"?'],
  ['nDCG10', 'Did you mean "nDCG@10"?'],
  ['ndgc5', 'Did you mean "nDCG@5"?'],
  ['mrr', 'Did you mean "MRR"?'],
  ['succes@5', 'Did you mean "Success@5"?'],
  ['P', 'Write "P@10".'],
  ['nDCG(rel=2)@10', 'Write "nDCG@10".'],
  ['latency', 'Known: nDCG, nDCG-exp, AP, RR, R, P, Success, Judged, with a cutoff as in nDCG@10.'],
  ['toString@5', 'Known: nDCG, nDCG-exp, AP, RR, R, P, Success, Judged, with a cutoff as in nDCG@10.'],
])('%s is unknown: %s', (name, hint) => {
  expect(() => measure(name)).toThrow(expect.objectContaining({ code: 'unknown-name', where: name, hint }));
});

test('no name at all is told as such', () => {
  expect(() => measure('')).toThrow(
    expect.objectContaining({ code: 'unknown-name', message: 'No measure is named' }),
  );
});

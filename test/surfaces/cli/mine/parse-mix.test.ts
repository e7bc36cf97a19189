import { expect, test } from 'vitest';
import { parseBand, parseMix } from '../../../../src/surfaces/cli/mine/parse-mix.js';

test('shares as written', () => {
  expect(parseMix('mined:bm25@0.5-0.9=3, mined:dense=2,written=1,random=0.5')).toEqual([
    { kind: 'mined', retriever: 'bm25', hardness: [0.5, 0.9], share: 3 },
    { kind: 'mined', retriever: 'dense', share: 2 },
    { kind: 'written', share: 1 },
    { kind: 'random', share: 0.5 },
  ]);
  expect(parseMix('mined:runs/peer.trec=1')).toEqual([
    { kind: 'mined', retriever: 'runs/peer.trec', share: 1 },
  ]);
});

test.each(['', 'mined', 'mind=1', 'mined=1,', 'mined=1.2.3', 'mined@0.5=1', 'mined@a-b=1', 'Mined=1'])(
  '%j is no mix',
  (text) => expect(() => parseMix(text)).toThrow(/KIND/),
);

test('bands of ranks', () => {
  expect(parseBand('3-50')).toEqual([3, 50]);
  expect(parseBand('1-1')).toEqual([1, 1]);
  for (const text of ['0-5', '5-3', '3', '3-', 'a-b', '3-5-7', '1.5-3'])
    expect(() => parseBand(text)).toThrow(/band/);
});

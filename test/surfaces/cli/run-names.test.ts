import { expect, test } from 'vitest';
import { runNames } from '../../../src/surfaces/cli/run-names.js';

test.each([
  [['/home/ada/runs/bm25.trec'], ['bm25.trec']],
  [
    ['/home/ada/a/one.trec', '/home/ada/b/one.trec', 'two.trec'],
    ['a/one.trec', 'b/one.trec', 'two.trec'],
  ],
  [
    ['x/a/one.trec', 'y/a/one.trec', 'y/b/one.trec'],
    ['x/a/one.trec', 'y/a/one.trec', 'b/one.trec'],
  ],
  [
    ['one.trec', 'b/one.trec'],
    ['one.trec', 'b/one.trec'],
  ],
  [
    ['one.trec', 'one.trec'],
    ['one.trec', 'one.trec'],
  ],
  [[], []],
])('%j are called %j', (paths, names) => {
  expect(runNames(paths)).toEqual(names);
});

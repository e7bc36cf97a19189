import { expect, test } from 'vitest';
import { exitCode, fromFileError, RankforgeError } from '../../src/core/errors.js';
import { lookUp, nearestName } from '../../src/core/names.js';

test.each([
  ['usage', 2],
  ['unknown-name', 2],
  ['bad-recipe', 2],
  ['budget-exhausted', 3],
  ['aborted', 3],
  ['count-not-reached', 3],
  ['gate-failed', 4],
  ['bad-line', 1],
  ['server-error', 1],
] as const)('%s ends with exit code %i', (code, expected) => {
  expect(exitCode(new RankforgeError(code, 'x', { hint: 'y' }))).toBe(expected);
});

test("the platform's own abort is a stop, any other error a failure", () => {
  const stop = new AbortController();
  stop.abort();
  expect(exitCode(stop.signal.reason)).toBe(3);
  expect(exitCode(new DOMException('', 'TimeoutError'))).toBe(3);
  expect(exitCode(Object.assign(new Error('x'), { name: 'TimeoutError' }))).toBe(1);
  expect(exitCode(new Error('x'))).toBe(1);
});

test.each([
  ['ENOSPC', 'disk-full'],
  ['EACCES', 'no-permission'],
  ['ENOENT', 'missing-file'],
  ['EISDIR', 'bad-file'],
])('%s becomes %s, with the path and what to do', (code, expected) => {
  const error = fromFileError(Object.assign(new Error('x'), { code }), 'a/b.jsonl');
  expect(error).toMatchObject({ code: expected, where: 'a/b.jsonl', hint: expect.stringMatching(/./) });
});

test('a hint names settings as the library does, unless a surface asks for its own names', () => {
  const error = new RankforgeError('usage', 'x', {
    hint: (spell) => `Give ${spell('qrels')}, or ${spell('compare', 'bm25')}.`,
  });
  expect(error.hint).toBe('Give the option "qrels", or compare: "bm25".');
  expect(error.hintIn((setting, value) => `<${setting}${value ? `=${value}` : ''}>`)).toBe(
    'Give <qrels>, or <compare=bm25>.',
  );
  expect(new RankforgeError('usage', 'x', { hint: 'Plain.' }).hintIn(() => 'y')).toBe('Plain.');
});

test('an error that is no file error comes back unchanged', () => {
  const error = new Error('x');
  expect(fromFileError(error, 'p')).toBe(error);
});

test('a misspelt name gets the nearest right one, a strange one the list', () => {
  expect(nearestName('slidng', ['full', 'sliding'])).toBe('sliding');
  expect(nearestName('zzzzzzzz', ['full', 'sliding'])).toBeUndefined();
  expect(() => lookUp({ full: 1 }, 'ful', 'program')).toThrow(
    expect.objectContaining({ hint: 'Did you mean "full"?' }),
  );
  // A name of Object.prototype is not an entry.
  expect(() => lookUp({ full: 1 }, 'toString', 'program')).toThrow(RankforgeError);
});

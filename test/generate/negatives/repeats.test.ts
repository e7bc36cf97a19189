import fc from 'fast-check';
import { expect, test } from 'vitest';
import { repeats } from '../../../src/generate/negatives/repeats.js';

const words = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `w${from + i}`).join(' ');
const positive = { id: 'p', text: words(0, 40) };
const check = repeats([positive]);
const of = (text: string, id = 'other') => check({ id, text });

test.each([
  ['the passage itself', 'anything else', 'is-positive', 'p'],
  [
    'the same words in another dress',
    `${words(0, 40).toUpperCase().replaceAll(' ', ' , ')}!`,
    'repeats-positive',
  ],
  ['a few words changed', words(0, 36), 'repeats-positive'],
  ['a longer text that holds it', `${words(100, 90)} ${positive.text} ${words(300, 90)}`, 'repeats-positive'],
  ['a part of it', words(10, 15), 'repeats-positive'],
  ['half of it and much else', `${words(0, 20)} ${words(200, 60)}`, undefined],
  ['a short text that it holds', words(3, 6), undefined],
  ['another text', words(100, 40), undefined],
  ['no words at all', '…', undefined],
])('%s', (_, text, expected, id?: string) => expect(of(text, id)).toBe(expected));

test('titles count as text, and texts without words are told apart by their characters', () => {
  const titled = repeats([{ id: 'p', title: words(0, 20), text: words(20, 20) }]);
  expect(titled({ id: 'x', text: words(0, 40) })).toBe('repeats-positive');
  expect(repeats([{ id: 'p', text: '🙂' }])({ id: 'x', text: '🙃' })).toBeUndefined();
  expect(repeats([{ id: 'p', text: '🙂' }])({ id: 'x', text: ' 🙂 ' })).toBe('repeats-positive');
});

test('who repeats whom does not matter', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 30 })
    .map((list) => list.join(' '));
  fc.assert(
    fc.property(text, text, (a, b) => {
      const one = repeats([{ id: '1', text: a }])({ id: '2', text: b });
      expect(repeats([{ id: '2', text: b }])({ id: '1', text: a })).toBe(one);
    }),
  );
});

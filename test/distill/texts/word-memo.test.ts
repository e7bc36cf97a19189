import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WordMemo } from '../../../src/distill/texts/word-memo.js';

test('a word has the number that it was first given, wherever it stands in a text', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary', maxLength: 6 }), { minLength: 1, maxLength: 200 }),
      fc.string({ unit: 'binary', maxLength: 4 }),
      (words, before) => {
        const memo = new WordMemo(1000);
        const numbers = new Map<string, number>();
        for (const word of [...words, ...words.toReversed()]) {
          const text = before + word + before;
          const number = memo.get(text, before.length, before.length + word.length, (made) => {
            expect(made).toBe(word);
            expect(numbers.has(word)).toBe(false);
            numbers.set(word, numbers.size);
            return numbers.size - 1;
          });
          expect(number).toBe(numbers.get(word));
        }
      },
    ),
  );
});

test('it holds many words, and begins anew once it is full', () => {
  const memo = new WordMemo(20_000);
  let made = 0;
  const ask = (i: number): number => {
    const word = `w${i}`;
    return memo.get(word, 0, word.length, (text) => {
      made++;
      return Number(text.slice(1));
    });
  };
  for (const round of [1, 2]) {
    for (let i = 0; i < 20_000; i++) expect(ask(i)).toBe(i);
    expect([round, made]).toEqual([round, 20_000]);
  }
  expect(ask(20_000)).toBe(20_000);
  expect(ask(3)).toBe(3);
  expect(made).toBe(20_002);
});

test('words of one hash are told apart', () => {
  // FNV-1a of 32 bits has them at a birthday's price: some hundred thousand words hold a pair or two.
  const byHash = new Map<number, string>();
  const pairs: [string, string][] = [];
  for (let i = 0; i < 200_000; i++) {
    const word = (i * 7919).toString(36);
    let hash = 0x811c9dc5 | 0;
    for (let k = 0; k < word.length; k++) hash = Math.imul(hash ^ word.charCodeAt(k), 0x01000193);
    const other = byHash.get(hash);
    if (other !== undefined && other.length === word.length) pairs.push([other, word]);
    byHash.set(hash, word);
  }
  expect(pairs.length).toBeGreaterThan(0);
  for (const [a, b] of pairs) {
    const memo = new WordMemo(10);
    expect([memo.get(a, 0, a.length, () => 1), memo.get(b, 0, b.length, () => 2)]).toEqual([1, 2]);
    expect(memo.get(a, 0, a.length, () => 3)).toBe(1);
  }
});

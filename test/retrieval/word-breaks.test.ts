import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forEachWord } from '../../src/retrieval/word-breaks.js';

const wordsOf = (text: string): string[] => {
  const words: string[] = [];
  forEachWord(text, (start, end) => words.push(text.slice(start, end)));
  return words;
};

describe('words as UAX #29 and Lucene break them', () => {
  test.each([
    ["The foxes' dog's", ['The', 'foxes', "dog's"]],
    ['U.S.A. is 3.14,159 e.g. 5.', ['U.S.A', 'is', '3.14,159', 'e.g', '5']],
    ['foo:bar foo_bar __ _a x-y', ['foo:bar', 'foo_bar', '_a', 'x', 'y']],
    ["can't don’t 'quoted' 5's a,b", ["can't", 'don’t', 'quoted', '5', 's', 'a', 'b']],
    ['1a2 p53-null C++ $5.00', ['1a2', 'p53', 'null', 'C', '5.00']],
    ['北京 ひら カタカナ語', ['北', '京', 'ひ', 'ら', 'カタカナ', '語']],
    ['สวัสดี 한국어 नई दिल्ली', ['สวัสดี', '한국어', 'नई', 'दिल्ली']],
    ['I ❤️ 🐈‍⬛ 🇫🇷🇩🇪! 👩🏽‍🚀 ©™', ['I', '❤️', '🐈‍⬛', '🇫🇷', '🇩🇪', '👩🏽‍🚀']],
    ["צה\"ל ג'ירפה ג' ש\u05c1'א", ['צה"ל', "ג'ירפה", "ג'", "ש\u05c1'א"]],
    ['e\u0301a soft\u00adhyphen', ['e\u0301a', 'soft\u00adhyphen']],
    ['', []],
    [' \n\t.,:_-', []],
  ])('%j', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test('a word of 600 characters comes in pieces of 255', () => {
    expect(wordsOf('x'.repeat(600)).map((word) => word.length)).toEqual([255, 255, 90]);
  });

  test('half a surrogate pair is passed over, and hides nothing that comes later', () => {
    expect(wordsOf('a \ud83d b \udc08 c')).toEqual(['a', 'b', 'c']);
    expect(wordsOf('🐈 𠀀 🐈‍⬛')).toEqual(['🐈', '𠀀', '🐈‍⬛']);
  });

  // ICU has its own rules for scripts without spaces and for signs; in the plain rest both follow UAX #29.
  test('agrees with ICU on Latin, Greek, Cyrillic, Hebrew and Arabic text with any punctuation', () => {
    const segmenter = new Intl.Segmenter('en', { granularity: 'word' });
    const characters = fc.constantFrom(...`abZé0129 .,;'"’_-+/()\nαΩжЯא'با\u0301`.split(''));
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 40 }), (text) => {
        const icu = Array.from(segmenter.segment(text), ({ segment }) => segment);
        expect(wordsOf(text)).toEqual(icu.filter((segment) => /[\p{L}\p{N}]/u.test(segment)));
      }),
      { numRuns: 2000 },
    );
  });

  test('any text at all: words are in order, do not overlap and are not empty', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        let last = 0;
        forEachWord(text, (start, end) => {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          last = end;
        });
        expect(last).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});

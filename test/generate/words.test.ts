import fc from 'fast-check';
import { expect, test } from 'vitest';
import { longestSharedRun, mainScript, normaliseText, scriptOf, words } from '../../src/generate/words.js';

test.each([
  ['Don’t STOP—now!', ['don', 't', 'stop', 'now']],
  ['日本語の検索', ['日', '本', '語', 'の', '検', '索']],
  ['поиск документов', ['поиск', 'документов']],
  ['हिन्दी खोज', ['हिन्दी', 'खोज']],
  ['ﬁle 10', ['file', '10']],
  ['GPU温度 is 80', ['gpu', '温', '度', 'is', '80']],
  ['🙂 …', []],
])('words of %s', (text, expected) => expect(words(text)).toEqual(expected));

test('case, spacing and punctuation make no difference; emoji do', () => {
  expect(normaliseText('  How  TO resume? ')).toBe(normaliseText('how to resume'));
  expect(normaliseText('🙂')).not.toBe(normaliseText('🙃'));
});

test.each([
  ['a b c d', 'x b c y', 2],
  ['a b a b c', 'a b c', 3],
  ['a b', 'c d', 0],
  ['', 'a', 0],
])('"%s" and "%s" share %i words in a row', (a, b, expected) =>
  expect(longestSharedRun(a.split(' ').filter(Boolean), b.split(' '))).toBe(expected),
);

test('the longest shared run is the longest part of one text that stands in the other', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', '__proto__'), { maxLength: 14 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const inB = ` ${b.join(' ')} `;
      const runs = a.flatMap((_, i) => a.slice(i).map((_, n) => a.slice(i, i + n + 1)));
      const shared = runs.filter((run) => inB.includes(` ${run.join(' ')} `)).map(({ length }) => length);
      expect(longestSharedRun(a, b)).toBe(Math.max(0, ...shared));
      expect(longestSharedRun(b, a)).toBe(longestSharedRun(a, b));
    }),
  );
});

test('texts as long as books are compared without comparing each word with each', () => {
  // 10¹¹ pairs of words would take minutes.
  const book = Array.from({ length: 300_000 }, (_, i) => (i % 7 === 0 ? 'flea' : `word${i % 5}`));
  expect(longestSharedRun(book, book.slice(1))).toBe(book.length - 1);
});

test.each([
  ['how are you', 'Latin'],
  ['как дела', 'Cyrillic'],
  ['元気ですか', 'Han'],
  ['안녕하세요', 'Hangul'],
  ['مرحبا بالعالم', 'Arabic'],
  ['GPU वाला कंप्यूटर', 'Devanagari'],
  ['12 + 3 🙂', undefined],
])('the script of %s', (text, expected) => expect(mainScript(text)).toBe(expected));

test.each([
  ['en', 'Latin'],
  ['ru', 'Cyrillic'],
  ['ja', 'Han'],
  ['zh', 'Han'],
  ['ko', 'Hangul'],
  ['fa', 'Arabic'],
  ['sr', undefined],
  ['no such', undefined],
])('the script of the language %s is %s', (language, script) => expect(scriptOf(language)).toBe(script));

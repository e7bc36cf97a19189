import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalise } from '../../src/core/normalise.js';

test('texts of people come out as Unicode says', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      expect(normalise(text)).toBe(text.normalize('NFKC'));
    }),
  );
  expect(normalise('ｆｕｌｌ ﬁ ①')).toBe('full fi 1');
});

test('a megabyte of combining marks in the wrong order keeps nobody waiting for minutes', () => {
  const marks = `a${'\u0301\u0323'.repeat(500_000)}`;
  expect(normalise(marks).length).toBeLessThan(40);
});

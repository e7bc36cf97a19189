import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wordPieces } from '../../../src/generate/hygiene/word-pieces.js';
import { words } from '../../../src/generate/words.js';
import { anyText } from './any-text.js';
import { fortyLanguages } from './forty-languages.js';

const all = (text: string): string[] => [...wordPieces(text)].flat();

test('the parts together are the words, whatever stands at the cuts', () => {
  const unit = fc.oneof(
    fc.constantFrom(...fortyLanguages.map(([, sentence]) => sentence)),
    fc.constantFrom('e\u0301', '\u0301', 'ΟΔΟΣ', '\u0000', '👩‍👩‍👧', '<b>', '\ud800', 'ﬁ', '각', '\n'),
    anyText(),
  );
  fc.assert(
    fc.property(fc.array(unit, { minLength: 1, maxLength: 12 }), fc.nat(70_000), (parts, shift) => {
      // Long enough that every kind of text is at a cut once.
      const block = `${parts.join(' ')} `;
      const text = 'x '.repeat(shift % 997) + block.repeat(Math.ceil(80_000 / block.length));
      expect(all(text).join(' ')).toBe(words(text).join(' '));
    }),
    { numRuns: 12 },
  );
});

test('a run without a space is cut between characters', () => {
  expect(all('界'.repeat(200_001))).toHaveLength(200_001);
  expect(all('𠀀'.repeat(100_001))).toHaveLength(100_001);
  expect(all('a'.repeat(200_000)).join('')).toBe('a'.repeat(200_000));
});

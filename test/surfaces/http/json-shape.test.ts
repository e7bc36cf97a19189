import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JsonShape, jsonShape } from '../../../src/surfaces/http/json-shape.js';

const shapeOf = (text: string): JsonShape => jsonShape(Buffer.from(text));

/** The same, of what is parsed. */
function walk(value: unknown): JsonShape {
  if (typeof value !== 'object' || value === null) return { containers: 0, depth: 0 };
  const inside = Object.values(value).map(walk);
  return {
    containers: inside.reduce((sum, { containers }) => sum + containers, 1),
    depth: 1 + Math.max(0, ...inside.map(({ depth }) => depth)),
  };
}

test('counts what parsing would find, whatever is in strings and keys', () => {
  const word = fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', 'a', '\u0000', 'é', '😀') });
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      word,
      fc.constantFrom(null, 1.5, true),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(word, tie('value'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 2), (given, indent) => {
      const text = JSON.stringify(given, null, indent);
      expect(shapeOf(text)).toEqual(walk(JSON.parse(text)));
    }),
  );
});

test.each([
  ['', 0, 0],
  ['"[[[', 0, 0],
  ['"\\"[[[', 0, 0],
  ['"\\\\"[[[', 3, 3],
  [']]][', 1, 0],
  ['[[[[', 4, 4],
  ['[][][]', 3, 1],
])('what is no JSON: %s', (text, containers, depth) => {
  expect(shapeOf(text)).toEqual({ containers, depth });
});

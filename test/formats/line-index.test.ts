import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLineIndex } from '../../src/formats/line-index.js';

test('remembers the first line of each id, as a Map does', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 3 })), (ids) => {
      const index = createLineIndex();
      const map = new Map<string, number>();
      for (const [i, id] of ids.entries()) {
        expect(index.add(id, i + 1)).toBe(map.get(id));
        if (!map.has(id)) map.set(id, i + 1);
      }
      expect(index.size).toBe(map.size);
    }),
  );
});

test('half a million ids that look alike do not collide', () => {
  const index = createLineIndex();
  let collisions = 0;
  for (let i = 0; i < 500_000; i++) if (index.add(`doc-${i}`, i + 1) !== undefined) collisions++;
  expect(collisions).toBe(0);
  for (const i of [0, 499, 250_000, 499_999]) expect(index.add(`doc-${i}`, 9)).toBe(i + 1);
  expect(index.size).toBe(500_000);
});

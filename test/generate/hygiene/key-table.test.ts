import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyTable } from '../../../src/generate/hygiene/key-table.js';

test('holds what a map of lists holds, in order, collisions and growth included', () => {
  // Few low halves, so that keys share slots.
  const pair = fc.tuple(fc.nat(3), fc.nat(12), fc.nat(500));
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 400 }), (pairs) => {
      const table = new KeyTable();
      const model = new Map<string, number[]>();
      for (const [high, low, value] of pairs) {
        table.add(high, low, value);
        const list = model.get(`${high} ${low}`) ?? [];
        if (!list.includes(value)) list.push(value);
        model.set(`${high} ${low}`, list);
      }
      for (let high = 0; high <= 4; high++) {
        for (let low = 0; low <= 13; low++) {
          const found: number[] = [];
          table.forEach(high, low, (value) => found.push(value));
          expect(found).toEqual(model.get(`${high} ${low}`) ?? []);
          expect(table.get(high, low)).toBe(found[0]);
        }
      }
    }),
  );
});

test('a key takes no more values than it is allowed', () => {
  const table = new KeyTable();
  for (let value = 0; value < 100; value++) table.add(1, 2, value, 8);
  expect(table.size).toBe(8);
});

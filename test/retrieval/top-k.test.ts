import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TopK } from '../../src/retrieval/top-k.js';

test('the k best, ties by index, whatever the order of adding', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 40 }),
      fc.nat(45),
      fc.boolean(),
      (scores, k, back) => {
        const best = new TopK(k);
        const indexes = scores.map((_, i) => i);
        for (const i of back ? indexes.toReversed() : indexes) best.add(i, scores[i]!);
        const expected = indexes.sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, k);
        expect(best.sorted()).toEqual(expected.map((index) => ({ index, score: scores[index] })));
      },
    ),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { QueryTypeName } from '../../src/generate/queries/query-types.js';
import { countTypes, planSlots } from '../../src/generate/slots.js';

const shares = fc
  .dictionary(
    fc.constantFrom<QueryTypeName>('question', 'keyword', 'instructed', 'multi-hop'),
    fc.integer({ min: 0, max: 4 }),
    { minKeys: 1 },
  )
  .filter((types) => Object.values(types).some((share) => share > 0));

test('slots hold exactly as many examples as wanted, whatever types make two', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), shares, (count, types) => {
      const slots = planSlots({ count, seed: 7, types, gradedShare: 0.5, editedShare: 0.25 });
      expect(slots.reduce((sum, { examples }) => sum + examples, 0)).toBe(count);
      const single = slots.filter(({ type, examples }) => type === 'instructed' && examples === 1);
      expect(single.length).toBeLessThanOrEqual(1);
      expect(slots.every(({ type, examples }) => examples === 1 || type === 'instructed')).toBe(true);
      const wanted = Object.values(countTypes(slots)).reduce((sum, one) => sum + one.wanted, 0);
      expect(wanted).toBe(count);
    }),
  );
});

test('a share falls on slots whose query has a source that answers, twins or not', () => {
  const types = { question: 0.4, unanswerable: 0.4, instructed: 0.2 } as const;
  const slots = planSlots({ count: 50, seed: 7, types, gradedShare: 0.4, editedShare: 0.4 });
  for (const key of ['graded', 'edited'] as const) {
    const chosen = slots.filter((slot) => slot[key]);
    expect(chosen).toHaveLength(20);
    expect(chosen.some(({ type }) => type === 'unanswerable')).toBe(false);
  }
});

test('written and edited passages have their share of the slots, each by its own draw', () => {
  const slots = planSlots({ count: 40, seed: 7, gradedShare: 0.25, editedShare: 0.5 });
  expect(slots.filter(({ graded }) => graded)).toHaveLength(10);
  expect(slots.filter(({ edited }) => edited)).toHaveLength(20);
  expect(slots.some(({ graded, edited }) => graded && !edited)).toBe(true);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Grade } from '../../../src/core/judgement.js';
import { type AggregateOptions, aggregateVotes } from '../../../src/generate/judge/votes.js';

const votes = (...expected: (number | undefined)[]) =>
  expected.map((value) => ({
    grade: value === undefined ? undefined : (Math.round(value) as Grade),
    score: value === undefined ? undefined : value / 3,
  }));
const gradeOf = (given: readonly (number | undefined)[], options?: AggregateOptions) =>
  aggregateVotes(votes(...given), options).grade;

test.each<[string, (number | undefined)[], AggregateOptions, Grade | undefined]>([
  ['the mean', [0, 3, 3], {}, 2],
  ['a mean of 2.5 is the higher', [2, 3], {}, 3],
  ['a weighted mean', [0, 3], { weights: [3, 1] }, 1],
  ['the median', [0, 3, 3], { aggregate: 'median' }, 3],
  ['the median of an even number, half-way', [0, 0, 2, 3], { aggregate: 'median' }, 1],
  ['the lower median', [0, 0, 2, 3], { aggregate: 'median', ties: 'lower' }, 0],
  ['the higher median', [0, 0, 2, 3], { aggregate: 'median', ties: 'higher' }, 2],
  ['no median', [0, 0, 2, 3], { aggregate: 'median', ties: 'unknown' }, undefined],
  ['a weighted median', [0, 2, 3], { aggregate: 'median', weights: [1, 1, 5] }, 3],
  ['the majority', [0, 0, 3], { aggregate: 'majority' }, 0],
  ['a tie, the one nearest to the mean', [0, 0, 2, 2, 3], { aggregate: 'majority' }, 2],
  ['a tie at equal distance, the lower', [1, 2], { aggregate: 'majority' }, 1],
  ['a tie, the lower', [0, 0, 2, 2, 3], { aggregate: 'majority', ties: 'lower' }, 0],
  ['a tie, the higher', [0, 0, 2, 2], { aggregate: 'majority', ties: 'higher' }, 2],
  ['a tie, unknown', [0, 2], { aggregate: 'majority', ties: 'unknown' }, undefined],
  ['a weighted majority', [0, 0, 3], { aggregate: 'majority', weights: [1, 1, 2.5] }, 3],
  ['a member without a grade', [undefined, 3, 3], {}, 3],
  ['half of the members is enough', [undefined, 2], {}, 2],
  ['less than half is not', [undefined, undefined, 2], {}, undefined],
  ['less than half, where less is asked for', [undefined, undefined, 2], { quorum: 0.3 }, 2],
  ['a member without weight', [3, 0], { weights: [0, 1] }, 0],
  ['no votes', [], {}, undefined],
])('%s', (_, given, options, expected) => expect(gradeOf(given, options)).toBe(expected));

test('disagreement is recorded, also where there is no grade', () => {
  expect(aggregateVotes(votes(0, 2, undefined)).disagreement).toEqual({ range: 2, deviation: 1 });
  expect(aggregateVotes(votes(2, undefined, undefined))).toMatchObject({
    reason: 'no-quorum',
    disagreement: { range: 0, deviation: 0 },
  });
});

const panel = fc.array(
  fc.record({ value: fc.integer({ min: 0, max: 3 }), weight: fc.integer({ min: 1, max: 4 }) }),
  {
    minLength: 1,
    maxLength: 7,
  },
);
const ways = fc.record({
  aggregate: fc.constantFrom('mean', 'median', 'majority'),
  ties: fc.constantFrom('nearest', 'lower', 'higher', 'unknown'),
}) as fc.Arbitrary<AggregateOptions>;

test('the members’ order changes nothing, and a grade is between the lowest and the highest', () => {
  fc.assert(
    fc.property(panel, ways, fc.nat(), (members, how, turn) => {
      const turned = [...members.slice(turn % members.length), ...members.slice(0, turn % members.length)];
      const ask = (of: typeof members) =>
        gradeOf(
          of.map(({ value }) => value),
          { ...how, weights: of.map(({ weight }) => weight) },
        );
      const grade = ask(members);
      expect(ask(turned)).toBe(grade);
      if (grade === undefined) return;
      expect(grade).toBeGreaterThanOrEqual(Math.min(...members.map(({ value }) => value)));
      expect(grade).toBeLessThanOrEqual(Math.max(...members.map(({ value }) => value)));
    }),
  );
});

test('a vote of weight n counts as n votes', () => {
  fc.assert(
    fc.property(panel, ways, (members, how) => {
      const weighted = gradeOf(
        members.map(({ value }) => value),
        { ...how, weights: members.map(({ weight }) => weight) },
      );
      const repeated = gradeOf(
        members.flatMap(({ value, weight }) => Array.from({ length: weight }, () => value)),
        how,
      );
      expect(repeated).toBe(weighted);
    }),
  );
});

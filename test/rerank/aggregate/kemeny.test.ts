import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomStream, shuffle } from '../../../src/core/random.js';
import { orderByScore } from '../../../src/core/vectors.js';
import { borda } from '../../../src/rerank/aggregate/borda.js';
import { kemeny } from '../../../src/rerank/aggregate/kemeny.js';

const meetingsOf = (orders: readonly (readonly number[])[]) =>
  orders.map((order) => ({ group: order.toSorted((a, b) => a - b), outcome: { order } }));
const centralOf = (orders: readonly (readonly number[])[]): number[] =>
  orderByScore(kemeny(meetingsOf(orders), orders[0]!.length).map((place) => place!));

/** Pairs that two orders of the same items put differently. */
function distance(a: readonly number[], b: readonly number[]): number {
  let count = 0;
  for (const [i, x] of a.entries()) for (const y of a.slice(i + 1)) if (b.indexOf(x) > b.indexOf(y)) count++;
  return count;
}
const total = (order: readonly number[], orders: readonly (readonly number[])[]): number =>
  orders.reduce((sum, one) => sum + distance(order, one), 0);

function permutations(items: readonly number[]): number[][] {
  return items.length < 2
    ? [[...items]]
    : items.flatMap((item) =>
        permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
      );
}
const ordersOf = (n: number) =>
  fc.array(fc.shuffledSubarray([...Array(n).keys()], { minLength: n, maxLength: n }), {
    minLength: 1,
    maxLength: 6,
  });

test('no order of few items is nearer, and of equal ones it is the first by index', () => {
  const all = permutations([0, 1, 2, 3, 4]);
  fc.assert(
    fc.property(ordersOf(5), (orders) => {
      const best = Math.min(...all.map((order) => total(order, orders)));
      expect(centralOf(orders)).toEqual(all.find((order) => total(order, orders) === best));
    }),
  );
});

describe('of many items', () => {
  test('no item moved elsewhere is nearer, nor is Borda', () => {
    fc.assert(
      fc.property(ordersOf(16), (orders) => {
        const central = centralOf(orders);
        const worth = total(central, orders);
        expect(worth).toBeLessThanOrEqual(
          total(orderByScore(borda(meetingsOf(orders), 16).map((score) => score!)), orders),
        );
        for (const item of central) {
          const rest = central.filter((other) => other !== item);
          for (let place = 0; place < central.length; place++)
            expect(total(rest.toSpliced(place, 0, item), orders)).toBeGreaterThanOrEqual(worth);
        }
      }),
      { numRuns: 15 },
    );
  });

  test('what all agree on is kept, and one stray order changes nothing', () => {
    const order = shuffle([...Array(100).keys()], randomStream(1, 'order'));
    expect(centralOf([order, order, order.toReversed()])).toEqual(order);
  });
});

test('whoever beats each other item comes first', () => {
  // 0 wins two of three times against each; Borda has 1 before it, with 7 points to 6.
  expect(
    centralOf([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [1, 2, 3, 0],
    ])[0],
  ).toBe(0);
});

test('groups of some items; items in no group have no place', () => {
  const meetings = [
    { group: [0, 2], outcome: { order: [2, 0] } },
    { group: [2, 4], outcome: { order: [4, 2] } },
    { group: [1, 3], outcome: { order: [1, 3], failed: true as const } },
  ];
  const places = kemeny(meetings, 5);
  expect([places[1], places[3]]).toEqual([undefined, undefined]);
  expect(places[4]!).toBeGreaterThan(places[2]!);
  expect(places[2]!).toBeGreaterThan(places[0]!);
});

test('nothing at all', () => {
  expect(kemeny([], 3)).toEqual([undefined, undefined, undefined]);
  expect(kemeny([], 0)).toEqual([]);
});

import { expect, test } from 'vitest';
import { chooseVariant } from '../../../src/distill/texts/choose-variant.js';

const queries = 20;
const each = <T>(value: T): T[] => Array.from({ length: queries }, () => value);

/** A network after one epoch, on lists of three passages whose prior has the second and the third the wrong way round. */
const choose = (gains: readonly number[]) => {
  const right = each([3, 2, 1]);
  const run = { lists: [...right.keys()], scores: new Map([[1, { single: right, soup: right }]]) };
  return chooseVariant([run], each(Float64Array.of(3, 1, 2)), each(Float64Array.from(gains)));
};

test('a network that is better on every query by next to nothing is not worth its keep', () => {
  const { best, selection } = choose([10, 0.02, 0]);
  expect(best.name).toBe('prior');
  const [prior, network] = selection;
  // The same gain everywhere: its standard error is 0.
  expect(network!.heldOut - prior!.heldOut).toBeGreaterThan(0);
  expect(network!.heldOut - prior!.heldOut).toBeLessThan(0.001);
});

test('one that is better by what can be seen is taken', () => {
  expect(choose([10, 1, 0]).best.name).toBe('network');
});

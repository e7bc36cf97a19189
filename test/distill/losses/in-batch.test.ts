import { describe, expect, test } from 'vitest';
import { inBatchLists } from '../../../src/distill/losses/in-batch.js';
import { infoNce } from '../../../src/distill/losses/info-nce.js';
import { keepItems } from '../../../src/distill/losses/keep-items.js';

describe('in-batch negatives', () => {
  const queries = [
    { passageIds: ['a', 'b'], labels: Float64Array.of(3, 1) },
    { passageIds: ['c', 'b'], labels: Float64Array.of(2, 0) },
  ];

  test('are the passages of other queries at the lowest label, each once, shared ones with their own', () => {
    expect(inBatchLists(queries)).toEqual([
      { passageIds: ['a', 'b', 'c'], labels: Float64Array.of(3, 1, 1), sources: ['own', 'own', 'in-batch'] },
      { passageIds: ['c', 'b', 'a'], labels: Float64Array.of(2, 0, 0), sources: ['own', 'own', 'in-batch'] },
    ]);
  });

  test('leave out what is known to answer the query', () => {
    const [first] = inBatchLists(queries, (query, id) => query === 0 && id === 'c');
    expect(first!.passageIds).toEqual(['a', 'b']);
  });

  test('of one query or none are none', () => {
    expect(inBatchLists([])).toEqual([]);
    expect(inBatchLists(queries.slice(0, 1))[0]!.sources).toEqual(['own', 'own']);
    expect(inBatchLists([{ passageIds: [], labels: new Float64Array(0) }])[0]!.passageIds).toEqual([]);
  });
});

describe('keepItems', () => {
  const s = Float64Array.of(1, 5, 0);
  const t = Float64Array.of(1, 0, 0);
  test('a dropped negative neither counts nor moves', () => {
    const { value, grad } = keepItems(infoNce, [true, false, true])(s, t);
    const without = infoNce(Float64Array.of(1, 0), Float64Array.of(1, 0));
    expect(value).toBe(without.value);
    expect(grad).toEqual(Float64Array.of(without.grad[0]!, 0, without.grad[1]!));
  });
  test('weights are picked with their items', () => {
    const keep = [false, true, true];
    const weights = Float64Array.of(9, 2, 1);
    expect(keepItems(infoNce, keep)(s, Float64Array.of(0, 2, 1), { weights }).value).toBe(
      infoNce(Float64Array.of(5, 0), Float64Array.of(2, 1), { weights: Float64Array.of(2, 1) }).value,
    );
  });
  test('of nothing is 0', () => {
    expect(keepItems(infoNce, [false, false, false])(s, t)).toEqual({ value: 0, grad: new Float64Array(3) });
  });
});

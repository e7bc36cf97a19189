import { expect, test } from 'vitest';
import { mean } from '../../../src/core/vectors.js';
import { kMeans } from '../../../src/generate/cluster/k-means.js';
import { memoryVectors } from '../../../src/generate/cluster/vector-source.js';
import golden from '../../fixtures/k-means-golden.json' with { type: 'json' };

/** The points of k-means-golden.py. */
function points(): Float32Array {
  let state = 12345;
  const uniform = () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const { rows, dimensions, centres: count } = golden;
  const centres = Array.from({ length: count }, () =>
    Array.from({ length: dimensions }, () => 4 * uniform()),
  );
  return Float32Array.from(
    Array.from({ length: rows }, (_, row) =>
      centres[row % count]!.map((centre) => centre + 3 * uniform()),
    ).flat(),
  );
}
const source = memoryVectors(points(), golden.dimensions);
const inertias = async (k: number, method: 'lloyd' | 'mini-batch') => {
  const found: number[] = [];
  for (let seed = 0; seed < 10; seed++) found.push((await kMeans(source, { k, seed, method })).inertia);
  return found;
};

test.each(Object.entries(golden.inertia))(
  "k = %s: within 2 %% of scikit-learn's inertia",
  async (k, peer) => {
    const found = await inertias(Number(k), 'lloyd');
    expect(mean(found) / peer.mean).toBeGreaterThan(0.98);
    expect(mean(found) / peer.mean).toBeLessThan(1.02);
    // None is far below what scikit-learn finds at best: that would be another sum.
    expect(Math.min(...found) / peer.least).toBeGreaterThan(0.98);
  },
);

test('mini-batches: within 5 % of it', async () => {
  const found = await inertias(40, 'mini-batch');
  expect(mean(found) / golden.inertia['40'].mean).toBeLessThan(1.05);
});

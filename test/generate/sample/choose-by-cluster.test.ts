import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { type VectorSource, vectorsOf } from '../../../src/generate/cluster/vector-source.js';
import { chooseByCluster } from '../../../src/generate/sample/choose-by-cluster.js';
import { chooseByMmr } from '../../../src/generate/sample/choose-by-mmr.js';
import { pickByMmr } from '../../../src/generate/sample/mmr.js';

const unit = (values: readonly number[]) => {
  const norm = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / norm);
};
/** `sizes` unit vectors around each of so many directions. */
function topics(sizes: readonly number[], spread = 0.3, dimensions = 12): Float32Array[] {
  const random = randomStream(11, 'topics');
  return sizes.flatMap((size, topic) =>
    Array.from({ length: size }, () =>
      unit(Array.from({ length: dimensions }, (_, i) => (i === topic ? 1 : 0) + spread * random.normal())),
    ),
  );
}
const uniformsOf = (size: number, seed = 1) => {
  const random = randomStream(seed, 'uniforms');
  return Array.from({ length: size }, () => random.next());
};
const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
function meanPairCosine(rows: readonly Float32Array[]): number {
  let [sum, pairs] = [0, 0];
  for (const [i, a] of rows.entries()) {
    for (const b of rows.slice(i + 1)) {
      sum += cosine(a, b);
      pairs += 1;
    }
  }
  return sum / pairs;
}

test('exactly the count, each once, at least one of each cluster, whatever divides', async () => {
  const rows = topics([40, 25, 9, 3, 1]);
  const source = vectorsOf(rows);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 90 }),
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom(0, 0.3, 1),
      async (count, clusters, lambda) => {
        const chosen = await chooseByCluster(source, {
          count,
          seed: 3,
          uniforms: uniformsOf(78),
          clusters,
          lambda,
        });
        expect(chosen.rows).toHaveLength(Math.min(count, 78));
        expect(new Set(chosen.rows).size).toBe(chosen.rows.length);
        expect(chosen.clusters.reduce((sum, { picked }) => sum + picked, 0)).toBe(chosen.rows.length);
        for (const { size, picked } of chosen.clusters) {
          expect(picked).toBeLessThanOrEqual(size);
          if (size > 0) expect(picked).toBeGreaterThan(0);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('shares follow the sizes of the clusters: 1 each, the rest by size', async () => {
  const chosen = await chooseByCluster(vectorsOf(topics([60, 30, 10], 0.05)), {
    count: 13,
    seed: 1,
    uniforms: uniformsOf(100),
    clusters: 3,
  });
  expect(chosen.clusters.map(({ size, picked }) => [size, picked]).sort((a, b) => b[0]! - a[0]!)).toEqual([
    [60, 7],
    [30, 4],
    [10, 2],
  ]);
  // Any beginning is spread: the first three are of three topics.
  expect(new Set(chosen.rows.slice(0, 3).map((row) => (row < 60 ? 0 : row < 90 ? 1 : 2))).size).toBe(3);
});

test('lambda works: the less of it, the less alike what is picked', async () => {
  const rows = topics([200], 0.6);
  const source = vectorsOf(rows);
  const alike: number[] = [];
  for (const lambda of [0, 0.5, 1]) {
    let sum = 0;
    for (let seed = 0; seed < 10; seed++) {
      const { rows: picked } = await chooseByCluster(source, {
        count: 15,
        seed,
        uniforms: uniformsOf(200, seed),
        clusters: 1,
        lambda,
      });
      sum += meanPairCosine(picked.map((row) => rows[row]!));
    }
    alike.push(sum / 10);
  }
  expect(alike[0]).toBeLessThan(alike[1]! - 0.005);
  expect(alike[1]).toBeLessThan(alike[2]! - 0.005);
});

test('temperature works: near 0 the nearest to the mean, high near uniform', async () => {
  const rows = topics([300], 0.6);
  const source = vectorsOf(rows);
  const mean = unit(
    rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0)) as unknown as number[],
  );
  const cosines = rows.map((row) => cosine(row, mean));
  const nearness = async (temperature: number) => {
    let sum = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { rows: picked } = await chooseByCluster(source, {
        count: 20,
        seed,
        uniforms: uniformsOf(300, seed),
        clusters: 1,
        temperature,
        pool: 1,
      });
      sum += picked.reduce((all, row) => all + cosines[row]!, 0) / 20;
    }
    return sum / 20;
  };
  const nearest = [...cosines].sort((a, b) => b - a).slice(0, 20);
  expect(await nearness(1e-6)).toBeCloseTo(nearest.reduce((sum, one) => sum + one, 0) / 20, 5);
  expect(await nearness(1e6)).toBeCloseTo(cosines.reduce((sum, one) => sum + one, 0) / 300, 1);
  expect(await nearness(0.1)).toBeGreaterThan((await nearness(1)) + 0.01);
});

test('one row is drawn as often as the softmax over cosines says', async () => {
  const rows = [unit([1, 0]), unit([1, 0.5]), unit([1, 2])];
  const source = vectorsOf(rows);
  const mean = unit([0, 1].map((i) => rows.reduce((sum, row) => sum + row[i]!, 0)));
  const temperature = 0.3;
  const weights = rows.map((row) => Math.exp(cosine(row, mean) / temperature));
  const total = weights.reduce((sum, one) => sum + one, 0);
  const drawn = [0, 0, 0];
  for (let seed = 0; seed < 3000; seed++) {
    const options = { count: 1, seed, uniforms: uniformsOf(3, seed), clusters: 1, temperature, pool: 1 };
    drawn[(await chooseByCluster(source, options)).rows[0]!]! += 1;
  }
  // Standard deviation .009 at most.
  for (const [row, count] of drawn.entries())
    expect(Math.abs(count / 3000 - weights[row]! / total)).toBeLessThan(0.035);
});

test('MMR picks as its definition does, step by step', async () => {
  const dimensions = 4;
  const random = randomStream(2, 'mmr');
  const rows = Array.from({ length: 12 }, () =>
    unit(Array.from({ length: dimensions }, () => random.normal())),
  );
  const relevance = rows.map(() => random.next());
  for (const lambda of [0, 0.25, 0.7, 1]) {
    const picked: number[] = [];
    while (picked.length < 6) {
      const values = rows.map((row, i) => {
        if (picked.includes(i)) return Number.NEGATIVE_INFINITY;
        const closest =
          picked.length === 0 ? 0 : Math.max(...picked.map((other) => cosine(row, rows[other]!)));
        return lambda * relevance[i]! - (1 - lambda) * closest;
      });
      picked.push(values.indexOf(Math.max(...values)));
    }
    const matrix = Float32Array.from(rows.flatMap((row) => [...row]));
    expect(await pickByMmr(matrix, dimensions, relevance, { count: 6, lambda })).toEqual(picked);
  }
});

test('MMR over the collection: exact, and lambda works', async () => {
  const rows = topics([80, 15, 5], 0.3);
  const source: VectorSource = vectorsOf(rows);
  const picked = async (lambda: number) =>
    (await chooseByMmr(source, { count: 12, uniforms: uniformsOf(100), lambda })).map((row) => rows[row]!);
  expect(meanPairCosine(await picked(0.1))).toBeLessThan(meanPairCosine(await picked(0.9)));
  expect(await chooseByMmr(source, { count: 500, uniforms: uniformsOf(100) })).toHaveLength(100);
});

test('bad settings and odd collections', async () => {
  const source = vectorsOf(topics([3]));
  const base = { count: 2, seed: 1, uniforms: uniformsOf(3) };
  for (const wrong of [
    { temperature: 0 },
    { temperature: Number.NaN },
    { lambda: 1.5 },
    { pool: 0 },
    { clusters: 0 },
  ]) {
    await expect(chooseByCluster(source, { ...base, ...wrong })).rejects.toMatchObject({ code: 'usage' });
  }
  // More clusters than rows, two rows, copies of one row, rows of zeros.
  expect((await chooseByCluster(source, { ...base, clusters: 99 })).rows).toHaveLength(2);
  const copies = vectorsOf(Array(30).fill(unit([1, 1])));
  expect(
    new Set(
      (await chooseByCluster(copies, { count: 7, seed: 1, uniforms: uniformsOf(30), clusters: 5 })).rows,
    ).size,
  ).toBe(7);
  const zeros = vectorsOf(Array(4).fill(new Float32Array(3)));
  expect((await chooseByCluster(zeros, { count: 3, seed: 1, uniforms: uniformsOf(4) })).rows).toHaveLength(3);
  expect((await chooseByCluster(vectorsOf([], 3), { count: 3, seed: 1, uniforms: [] })).rows).toEqual([]);
});

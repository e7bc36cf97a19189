import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { kMeans } from '../../../src/generate/cluster/k-means.js';
import { type Clustering, lloyd } from '../../../src/generate/cluster/lloyd.js';
import { memoryVectors, type VectorSource, vectorsOf } from '../../../src/generate/cluster/vector-source.js';

/** `perBlob` points around each of `blobs` corners far from each other. */
function blobs(count: number, perBlob: number, dimensions = 8): VectorSource {
  const random = randomStream(3, 'blobs');
  return vectorsOf(
    Array.from({ length: count * perBlob }, (_, n) =>
      Float32Array.from(
        { length: dimensions },
        (_, i) => 10 * (((n % count) >> i) & 1) + 0.1 * random.normal(),
      ),
    ),
  );
}

/** Inertia and nearest means anew, by the definition. */
async function check(source: VectorSource, found: Clustering): Promise<void> {
  const rows = await source.read(0, source.size);
  const { dimensions } = source;
  const distance = (row: number, cluster: number) => {
    let sum = 0;
    for (let i = 0; i < dimensions; i++) {
      sum += (rows[row * dimensions + i]! - found.centroids[cluster * dimensions + i]!) ** 2;
    }
    return sum;
  };
  let inertia = 0;
  let furtherThanNearest = 0;
  for (let row = 0; row < source.size; row++) {
    const own = distance(row, found.clusters[row]!);
    inertia += own;
    for (let cluster = 0; cluster < found.count; cluster++) {
      furtherThanNearest = Math.max(furtherThanNearest, own - distance(row, cluster));
    }
  }
  expect(furtherThanNearest).toBeLessThanOrEqual(1e-4);
  expect(Math.abs(found.inertia - inertia)).toBeLessThan(0.005 + 1e-6 * inertia);
  expect(found.sizes.reduce((sum, size) => sum + size, 0)).toBe(source.size);
}

describe.each(['lloyd', 'mini-batch'] as const)('%s', (method) => {
  test('finds blobs that lie apart', async () => {
    const source = blobs(8, 60);
    const found = await kMeans(source, { k: 8, seed: 7, method });
    expect(found.count).toBe(8);
    expect([...found.sizes]).toEqual(Array(8).fill(60));
    for (let row = 8; row < source.size; row++) expect(found.clusters[row]).toBe(found.clusters[row % 8]);
    await check(source, found);
  });

  test('rows are with their nearest mean, and the inertia is theirs', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 })), {
          minLength: 1,
          maxLength: 60,
        }),
        fc.integer({ min: 1, max: 12 }),
        async (points, k) => {
          const source = vectorsOf(points.map((point) => Float32Array.from(point)));
          const found = await kMeans(source, { k, seed: 1, method });
          const different = new Set(points.map(String)).size;
          expect(found.count).toBe(Math.min(k, different));
          await check(source, found);
          if (k >= different && method === 'lloyd') expect(found.inertia).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('the same seed gives the same clusters', async () => {
    const source = blobs(5, 40, 3);
    const one = await kMeans(source, { k: 9, seed: 7, method });
    expect(await kMeans(source, { k: 9, seed: 7, method })).toEqual(one);
    expect((await kMeans(source, { k: 9, seed: 8, method })).clusters).not.toEqual(one.clusters);
  });
});

test('Lloyd ends with no empty cluster and at a fixed point', async () => {
  const random = randomStream(5, 'points');
  for (let round = 0; round < 20; round++) {
    const source = vectorsOf(
      Array.from({ length: 40 }, () => Float32Array.from([random.normal(), random.normal()])),
    );
    const found = await kMeans(source, { k: 20, seed: round, tolerance: 0 });
    expect(found.converged).toBe(true);
    expect(Math.min(...found.sizes)).toBeGreaterThan(0);
    for (let cluster = 0; cluster < found.count; cluster++) {
      const members = [...found.clusters.keys()].filter((row) => found.clusters[row] === cluster);
      const rows = await Promise.all(members.map(async (row) => (await source.read(row, 1))[0]!));
      const mean = rows.reduce((sum, x) => sum + x, 0) / rows.length;
      expect(found.centroids[cluster * 2]).toBeCloseTo(mean, 6);
    }
  }
});

test('more starts are never worse', async () => {
  const random = randomStream(6, 'points');
  const source = vectorsOf(
    Array.from({ length: 300 }, () => Float32Array.from([random.normal(), random.normal()])),
  );
  const one = await kMeans(source, { k: 12, seed: 7 });
  const ten = await kMeans(source, { k: 12, seed: 7, starts: 10 });
  expect(ten.inertia).toBeLessThanOrEqual(one.inertia);
});

test('more rounds are never worse', async () => {
  const source = blobs(8, 30, 2);
  let before = Number.POSITIVE_INFINITY;
  for (const iterations of [1, 2, 3, 5, 10]) {
    const { inertia } = await kMeans(source, { k: 6, seed: 2, iterations, tolerance: 0 });
    expect(inertia).toBeLessThanOrEqual(before + 1e-3);
    before = inertia;
  }
});

test('identical rows are one cluster', async () => {
  const source = vectorsOf(Array(50).fill(Float32Array.from([1, 2])));
  expect(await kMeans(source, { k: 7, seed: 7 })).toMatchObject({ count: 1, inertia: 0, converged: true });
});

test('bad input is named', async () => {
  const two = vectorsOf([Float32Array.from([1, 0]), Float32Array.from([0, 1])]);
  await expect(kMeans(two, { k: 0, seed: 1 })).rejects.toMatchObject({ code: 'usage', where: 'k' });
  await expect(kMeans(two, { k: 2.5, seed: 1 })).rejects.toMatchObject({ code: 'usage' });
  await expect(kMeans(vectorsOf([], 3), { k: 2, seed: 1 })).rejects.toMatchObject({
    code: 'too-little-data',
  });
  await expect(kMeans(two, { k: 1, seed: 1, signal: AbortSignal.abort() })).rejects.toThrow();
  expect(() => vectorsOf([Float32Array.from([1, 0]), Float32Array.from([Number.NaN, 1])])).toThrow(
    expect.objectContaining({ code: 'usage', where: 'vector 1' }),
  );
  expect(() => vectorsOf([Float32Array.from([1, 0]), Float32Array.from([1])])).toThrow(
    /Vector 1 has 1 numbers/,
  );
  expect(() => memoryVectors(new Float32Array(7), 3)).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('a mean that has no rows takes the row that is worst off', async () => {
  const source = vectorsOf([0, 0.1, 10, 10.1, 30].map((x) => Float32Array.from([x])));
  // The second of two equal means gets nothing, and the third is out of reach.
  const seeds = { count: 4, dimensions: 1, data: Float64Array.from([0, 0, 10, 1000]) };
  const found = await lloyd(source, seeds, { tolerance: 0 });
  expect(Math.min(...found.sizes)).toBe(1);
  expect(found.clusters[4]).not.toBe(found.clusters[3]);
  expect(found.inertia).toBeLessThan(0.02);
  expect(found.converged).toBe(true);
});

describe('more rows than means are fitted to', () => {
  const size = 90_000;
  const random = randomStream(9, 'many');
  // Sorted by blob: a sample that were a beginning of it would miss most.
  const data = Float32Array.from(
    { length: size * 2 },
    (_, at) => 10 * (Math.floor((at >> 1) / 10_000) >> (2 * (at & 1))) + random.normal(),
  );

  test('are read twice at most, are all with their nearest mean, and lose next to no inertia', async () => {
    const rows = memoryVectors(data, 2);
    let read = 0;
    const counted: VectorSource = {
      ...rows,
      read: (start, count) => {
        read += count;
        return rows.read(start, count);
      },
    };
    const found = await kMeans(counted, { k: 9, seed: 7 });
    expect(read).toBeLessThanOrEqual(size + 65_536);
    await check(rows, found);
    const all = await kMeans(rows, { k: 9, seed: 7, method: 'lloyd' });
    expect(found.inertia / all.inertia).toBeLessThan(1.05);
    expect(await kMeans(rows, { k: 9, seed: 7 })).toEqual(found);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { Funnel } from '../../../src/generate/funnel.js';
import { createSigner, resemblance } from '../../../src/generate/hygiene/min-hash.js';
import { createDuplicateIndex } from '../../../src/generate/hygiene/near-duplicates.js';
import { removeNearDuplicates } from '../../../src/generate/hygiene/remove-near-duplicates.js';

const vocabulary = Array.from({ length: 5000 }, (_, i) => `w${i}`);
const randomText = (seed: number, length: number) => {
  const random = randomStream(seed, 'text');
  return Array.from({ length }, () => vocabulary[random.int(vocabulary.length)]!);
};
const collect = async <T>(items: AsyncIterable<T>) => {
  const out: T[] = [];
  for await (const item of items) out.push(item);
  return out;
};

test('the estimate is near the true overlap of shingles', () => {
  const sign = createSigner({ hashes: 512, shingle: 1, seed: 3 });
  const base = [...new Set(randomText(1, 300))];
  for (const share of [0.2, 0.5, 0.9]) {
    const kept = base.slice(0, Math.round(base.length * share));
    const other = [...kept, ...Array.from({ length: base.length - kept.length }, (_, i) => `new${i}`)];
    const truth = kept.length / (2 * base.length - kept.length);
    expect(resemblance(sign(base.join(' '))!, sign(other.join(' '))!)).toBeCloseTo(truth, 1);
  }
});

test('finds near-duplicates and leaves others alone, over a thousand texts', () => {
  const index = createDuplicateIndex({ seed: 7 });
  const texts = Array.from({ length: 1000 }, (_, i) => randomText(i, 120));
  for (const [i, text] of texts.entries()) expect(index.add(`t${i}`, text.join(' '))).toBeUndefined();
  let found = 0;
  for (const [i, text] of texts.entries()) {
    // Two words of 120 changed: 6 of 118 shingles, an overlap of about .9.
    const changed = text.with(20, 'other').with(90, 'another').join(' ');
    const match = index.find(changed);
    if (match) {
      expect(match).toMatchObject({ id: `t${i}`, reason: 'near-duplicate' });
      found += 1;
    }
  }
  expect(found).toBeGreaterThan(970);
  // Half the words new: far below the threshold.
  const half = texts.filter((text, i) =>
    index.find([...text.slice(0, 60), ...randomText(i + 9000, 60)].join(' ')),
  );
  expect(half.length).toBe(0);
});

test('equal but for case and punctuation is exact; texts without words are compared as they are', () => {
  const index = createDuplicateIndex();
  expect(index.add('a', 'The window moves up.')).toBeUndefined();
  expect(index.add('b', 'the WINDOW moves up')).toEqual({
    reason: 'exact-duplicate',
    id: 'a',
    resemblance: 1,
  });
  expect(index.add('c', '🙂🙂')).toBeUndefined();
  expect(index.add('d', '🙃🙃')).toBeUndefined();
  expect(index.add('e', '🙂🙂')?.id).toBe('c');
  expect(index.add('f', '')).toBeUndefined();
  expect(index.add('g', '')?.reason).toBe('exact-duplicate');
  expect(index.size).toBe(4);
});

test('one pass of a stream keeps the first of each group and counts the rest', async () => {
  const funnel = new Funnel();
  const texts = ['one two three four', 'five six seven', 'One two, three four!', 'five six seven'];
  const records = texts.map((text, id) => ({ id: String(id), text }));
  const kept = await collect(
    removeNearDuplicates(records, { id: ({ id }) => id, text: ({ text }) => text, funnel }),
  );
  expect(kept.map(({ id }) => id)).toEqual(['0', '1']);
  expect(funnel.stage('near-duplicates')).toMatchObject({
    in: 4,
    out: 2,
    rejected: { 'exact-duplicate': 2 },
  });
});

test('any text is found again once added', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 20 }), (texts) => {
      const index = createDuplicateIndex({ seed: 1 });
      for (const [i, text] of texts.entries()) index.add(String(i), text);
      for (const text of texts) expect(index.find(text)).toBeDefined();
    }),
    { numRuns: 40 },
  );
});

describe('shared boilerplate', () => {
  test('ten thousand texts with one beginning stay fast', () => {
    const index = createDuplicateIndex({ seed: 7, threshold: 0.95 });
    const menu = randomText(1, 40).join(' ');
    const began = performance.now();
    for (let i = 0; i < 10_000; i++) index.add(`t${i}`, `${menu} ${vocabulary[i % 5000]} x${i} y${i} z${i}`);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { Funnel } from '../../../src/generate/funnel.js';
import { createSigner, resemblance } from '../../../src/generate/hygiene/min-hash.js';
import { createDuplicateIndex } from '../../../src/generate/hygiene/near-duplicates.js';
import { removeNearDuplicates } from '../../../src/generate/hygiene/remove-near-duplicates.js';
import { anyText, cpuTime } from './any-text.js';

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
    fc.property(fc.array(anyText(), { maxLength: 20 }), (texts) => {
      const index = createDuplicateIndex({ seed: 1 });
      for (const [i, text] of texts.entries()) index.add(String(i), text);
      for (const text of texts) expect(index.find(text)).toBeDefined();
    }),
    { numRuns: 40 },
  );
});

test('texts with one beginning do not slow each other: four times as many take about four times as long', () => {
  const menu = randomText(1, 40).join(' ');
  const addAll = (count: number) => {
    const index = createDuplicateIndex({ seed: 7, threshold: 0.95 });
    for (let i = 0; i < count; i++) index.add(`t${i}`, `${menu} ${vocabulary[i % 5000]} x${i} y${i} z${i}`);
  };
  addAll(500);
  const few = cpuTime(() => addAll(1000));
  expect(cpuTime(() => addAll(4000))).toBeLessThan(12 * few + 200);
});

test('removal tells what each text repeats, and against an exact count it finds nearly all and little else', async () => {
  const random = randomStream(5, 'copies');
  const texts = Array.from({ length: 600 }, (_, i) => {
    if (i % 3 !== 2) return randomText(i, 60);
    // A copy of the text two before, with 0 to 6 words changed.
    const copy = randomText(i - 2, 60);
    for (let changes = random.int(7); changes > 0; changes--) copy[random.int(60)] = `changed${i}`;
    return copy;
  });
  const sets = texts.map(
    (text) => new Set(text.slice(0, -2).map((_, at) => text.slice(at, at + 3).join(' '))),
  );
  const jaccard = (a: number, b: number) => {
    const shared = [...sets[a]!].filter((each) => sets[b]!.has(each)).length;
    return shared / (sets[a]!.size + sets[b]!.size - shared);
  };
  const removed = new Map<number, number>();
  const records = texts.map((text, id) => ({ id: String(id), text: text.join(' ') }));
  await collect(
    removeNearDuplicates(records, {
      id: ({ id }) => id,
      text: ({ text }) => text,
      onDuplicate: ({ id }, match) => removed.set(Number(id), Number(match.id)),
    }),
  );
  for (const [id, of] of removed) expect(jaccard(id, of)).toBeGreaterThan(0.65);
  const copies = texts.map((_, i) => i).filter((i) => i % 3 === 2);
  const sure = copies.filter((i) => jaccard(i, i - 2) >= 0.9);
  expect(sure.filter((i) => removed.has(i)).length).toBe(sure.length);
  const all = copies.filter((i) => jaccard(i, i - 2) >= 0.8);
  expect(all.length).toBeGreaterThan(60);
  // Two words changed overlap by .82, which is half an error of the estimate above the threshold.
  expect(all.filter((i) => removed.has(i)).length / all.length).toBeGreaterThan(0.85);
  expect([...removed.keys()].filter((i) => i % 3 !== 2)).toEqual([]);
});

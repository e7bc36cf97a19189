import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Example } from '../../../src/core/example.js';
import { randomStream, shuffle } from '../../../src/core/random.js';
import { Funnel } from '../../../src/generate/funnel.js';
import { contaminationCheck, removeContaminated } from '../../../src/generate/hygiene/contamination.js';
import { splitExamples, splitWithSizes } from '../../../src/generate/split/split-examples.js';
import { topicsOf } from '../../../src/generate/split/topics-of.js';
import { words } from '../../../src/generate/words.js';
import { toyEncoder } from '../../retrieval/toy-encoder.js';

const example = (
  id: string,
  positives: readonly { id: string; text?: string }[],
  random = 'r#1',
): Example => ({
  query: { id, text: id },
  passages: [
    ...positives.map(({ id: passage, text = `${passage} is about ${passage} alone` }) => ({
      passage: { id: passage, text },
      grade: 3 as const,
      kind: 'positive' as const,
      origin: 'corpus' as const,
    })),
    { passage: { id: random, text: 'shared by all' }, grade: 0, kind: 'random', origin: 'corpus' },
  ],
  split: 'train',
  ledgerKeys: [],
});
const shares = { train: 0.5, validation: 0.3, test: 0.2 };
const parts = (examples: readonly Example[]) =>
  new Map(examples.map(({ query, split }) => [query.id, split]));

test('shares are met, and a shared negative ties nothing', () => {
  const examples = Array.from({ length: 100 }, (_, i) => example(`q${i}`, [{ id: `d${i}#0` }]));
  const funnel = new Funnel();
  splitExamples(examples, { seed: 7, shares, funnel });
  expect(funnel.stage('split').noted).toEqual({ train: 50, validation: 30, test: 20 });
  expect(examples.every(({ split }) => split === 'train')).toBe(true);
});

test('one document, one passage or one text is never divided, through chains too', () => {
  const long =
    'the same long sentence stands in two documents that were cut from one another by a careless editor';
  const chain = [
    example('q1', [{ id: 'a#1' }]),
    example('q2', [{ id: 'a#2' }, { id: 'b#1' }]),
    example('q3', [{ id: 'b#2', text: long }]),
    example('q4', [{ id: 'c#1', text: `${long} .` }]),
  ];
  for (let seed = 0; seed < 20; seed++) {
    const others = Array.from({ length: 6 }, (_, i) => example(`z${i}`, [{ id: `z${i}#1` }]));
    const split = parts(splitExamples([...chain, ...others], { seed, shares }));
    expect(new Set(chain.map(({ query }) => split.get(query.id))).size).toBe(1);
  }
});

test('one query asked twice, and a source of a low grade, tie examples too', () => {
  const first = example('q1', [{ id: 'a#1' }]);
  const second = example('q2', [{ id: 'b#1' }]);
  const third = example('q3', [{ id: 'b#2' }]);
  const low = third.passages.map((item) =>
    item.kind === 'positive' ? { ...item, grade: 1 as const } : item,
  );
  const text = 'how does a tenant get back the rent of a cold winter?';
  const tied = [
    { ...first, query: { id: 'q1', text } },
    { ...second, query: { id: 'q2', text: text.toUpperCase() } },
    { ...third, passages: low },
  ];
  for (let seed = 0; seed < 20; seed++) {
    const others = Array.from({ length: 7 }, (_, i) => example(`z${i}`, [{ id: `z${i}#1` }]));
    const split = parts(splitExamples([...tied, ...others], { seed, shares }));
    expect(new Set(tied.map(({ query }) => split.get(query.id))).size).toBe(1);
  }
});

test('whatever the examples, no document is in two parts, and their order changes nothing', () => {
  const list = fc.array(fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 3 }), { maxLength: 25 });
  fc.assert(
    fc.property(list, fc.nat({ max: 9 }), (documents, seed) => {
      const examples = documents.map((ids, i) =>
        example(
          `q${i}`,
          [...new Set(ids)].map((id) => ({ id: `d${id}#${i}`, text: `unlike ${i} ${id} x${i}y${id}` })),
        ),
      );
      const split = splitExamples(examples, { seed, shares });
      const byDocument = new Map<string, string>();
      for (const { passages, split: part } of split)
        for (const { passage, grade } of passages) {
          if (grade < 2) continue;
          const document = passage.id.split('#')[0]!;
          expect(byDocument.get(document) ?? part).toBe(part);
          byDocument.set(document, part);
        }
      expect(parts(splitExamples(shuffle(examples, randomStream(seed, 'order')), { seed, shares }))).toEqual(
        parts(split),
      );
    }),
    { numRuns: 40 },
  );
});

test('a training query that is an evaluation query, or nearly, is left out and counted', async () => {
  const check = contaminationCheck([
    { id: 'e1', text: 'How do I resume a run that was stopped by the budget?' },
  ]);
  expect(check('how do i resume a run that was stopped by the budget')).toBe('evaluation-query');
  expect(check('how do I resume the run that was stopped by the budget')).toBe('near-evaluation-query');
  expect(check('what does a run cost')).toBeUndefined();
  const funnel = new Funnel();
  const kept = [];
  const texts = ['HOW do I resume a run that was stopped by the budget', 'what does a run cost'];
  for await (const text of removeContaminated(texts, { text: (each) => each, check, funnel }))
    kept.push(text);
  expect(kept).toEqual(['what does a run cost']);
  expect(funnel.stage('contamination').rejected).toEqual({ 'evaluation-query': 1 });
});

/** Exact Jaccard overlap of word shingles, by counting. */
function overlap(a: string, b: string, size: number): number {
  const shingles = (text: string) => {
    const found = words(text);
    return new Set(
      found.slice(0, Math.max(1, found.length - size + 1)).map((_, i) => found.slice(i, i + size).join(' ')),
    );
  };
  const [left, right] = [shingles(a), shingles(b)];
  const shared = [...left].filter((each) => right.has(each)).length;
  return shared / (left.size + right.size - shared);
}

test('a chain of copies, each like the one before alone, stays together', () => {
  const text = (step: number) =>
    Array.from({ length: 80 }, (_, i) => (i < step * 6 ? `new${i}` : `old${i}`)).join(' ');
  const chain = Array.from({ length: 6 }, (_, step) =>
    example(`q${step}`, [{ id: `d${step}#0`, text: text(step) }]),
  );
  expect(overlap(text(0), text(1), 3)).toBeGreaterThan(0.8);
  expect(overlap(text(0), text(5), 3)).toBeLessThan(0.5);
  for (let seed = 0; seed < 10; seed++) {
    const others = Array.from({ length: 8 }, (_, i) => example(`z${i}`, [{ id: `z${i}#1` }]));
    const split = parts(splitExamples([...chain, ...others], { seed, shares }));
    expect(new Set(chain.map(({ query }) => split.get(query.id))).size).toBe(1);
  }
});

test('counted exactly, no two parts share a query or a relevant text, or nearly', () => {
  const random = randomStream(3, 'splits');
  const draw = (length: number) => Array.from({ length }, () => `w${random.int(3000)}`);
  const [texts, queries]: [string[][], string[][]] = [[], []];
  for (let i = 0; i < 240; i++) {
    // A third are earlier ones with a few words changed, at times several times over.
    const copy = <T>(of: readonly T[][], fresh: T[]): T[] =>
      i > 0 && random.next() < 0.33 ? [...of[random.int(of.length)]!] : fresh;
    const text = copy(texts, draw(60));
    for (let change = random.int(4); change > 0; change--) text[random.int(text.length)] = `x${i}`;
    texts.push(text);
    const query = copy(queries, draw(12));
    if (random.next() < 0.5) query[random.int(query.length)] = `y${i}`;
    queries.push(query);
  }
  const examples = texts.map((text, i) => ({
    ...example(`q${i}`, [{ id: `d${i}#0`, text: text.join(' ') }]),
    query: { id: `q${i}`, text: queries[i]!.join(' ') },
  }));
  const { examples: split, sizes } = splitWithSizes(examples, { seed: 1, shares, tolerance: 0.05 });
  expect(sizes.every(({ size }) => size > 0)).toBe(true);
  for (const a of split) {
    for (const b of split) {
      if (a.split === b.split) continue;
      expect(overlap(a.query.text, b.query.text, 1)).toBeLessThan(0.9);
      expect(overlap(a.passages[0]!.passage.text, b.passages[0]!.passage.text, 3)).toBeLessThan(0.85);
    }
  }
});

test('sizes are within the tolerance whatever the clusters, where none is too large for its part', () => {
  const sizesOf = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 20, maxLength: 60 });
  fc.assert(
    fc.property(sizesOf, fc.nat(5), (clusterSizes, seed) => {
      const examples = clusterSizes.flatMap((size, cluster) =>
        Array.from({ length: size }, (_, i) =>
          example(`q${cluster}-${i}`, [
            { id: `d${cluster}#${i}`, text: `text ${cluster} ${i} a${cluster}b${i} c${i}d${cluster}` },
          ]),
        ),
      );
      const funnel = new Funnel();
      const { sizes, clusters, largestCluster } = splitWithSizes(examples, {
        seed,
        shares,
        tolerance: 0.1,
        funnel,
      });
      expect([clusters, largestCluster]).toEqual([clusterSizes.length, Math.max(...clusterSizes)]);
      for (const { split, size, wanted, withinTolerance } of sizes) {
        expect(funnel.stage('split').noted[split] ?? 0).toBe(size);
        expect(withinTolerance).toBe(Math.abs(size - wanted) <= 0.1 * examples.length + 1);
        expect(Math.abs(size - wanted)).toBeLessThanOrEqual(
          Math.max(largestCluster, 0.1 * examples.length + 1),
        );
      }
    }),
    { numRuns: 20 },
  );
});

test('one cluster larger than its share: the part is missed, and that is noted', () => {
  const one = Array.from({ length: 70 }, (_, i) => example(`q${i}`, [{ id: `same#${i}` }]));
  const others = Array.from({ length: 30 }, (_, i) => example(`z${i}`, [{ id: `z${i}#0` }]));
  const funnel = new Funnel();
  const { sizes } = splitWithSizes([...one, ...others], {
    seed: 1,
    shares: { train: 0.5, validation: 0.5 },
    funnel,
  });
  expect(sizes.map(({ size }) => size)).toEqual([70, 30, 0]);
  expect(funnel.stage('split').noted).toEqual({
    train: 70,
    validation: 30,
    'outside-tolerance': 2,
    'tied-by-document': 69,
  });
});

test('topics are not divided either, and written passages go with their query', async () => {
  // Letters a and b are one topic, g and h another, for the encoder.
  const about = (topic: number, i: number) =>
    `${['aaab', 'ggh', 'ccd', 'eef'][topic]!.repeat(3 + (i % 3))} x${topic}y${i}`;
  const examples = Array.from({ length: 40 }, (_, i) => {
    const made = example(`q${i}`, [{ id: `d${i}#0`, text: about(i % 4, i) }]);
    const written = {
      passage: { id: `w${i}`, text: `written for ${i}` },
      grade: 3 as const,
      kind: 'positive' as const,
      origin: 'generated:3' as const,
    };
    return { ...made, passages: [...made.passages, written] };
  });
  const sources = examples.map(({ passages }) => passages[0]!.passage);
  const topic = await topicsOf(sources, { model: toyEncoder(), seed: 1, topics: 4 });
  const funnel = new Funnel();
  const split = splitExamples(examples, {
    seed: 2,
    shares: { train: 0.75, validation: 0.25 },
    topic,
    funnel,
  });
  for (let t = 0; t < 4; t++)
    expect(new Set(split.filter((_, i) => i % 4 === t).map((each) => each.split)).size).toBe(1);
  expect(funnel.stage('split').noted).toEqual({ train: 30, validation: 10, 'tied-by-topic': 36 });
  expect(split.map(({ passages }) => passages)).toEqual(examples.map(({ passages }) => passages));
  expect(topic({ id: 'unknown', text: '' })).toBeUndefined();
  expect((await topicsOf([], { model: toyEncoder(), seed: 1 }))(sources[0]!)).toBeUndefined();
});

test('queries of one topic, for which all passages were written, are in one part', () => {
  const examples = Array.from(
    { length: 40 },
    (_, n): Example => ({
      query: { id: `q${n}`, text: `unlike${n} any${n} other${n}`, metadata: { topic: `topic ${n % 10}` } },
      passages: [
        {
          passage: { id: `q${n}-level3`, text: `words${n} of${n} its${n} own${n} alone${n}` },
          grade: 3,
          kind: 'positive',
          origin: 'generated:3',
        },
      ],
      split: 'train',
      ledgerKeys: [],
    }),
  );
  const parts = splitExamples(examples, { seed: 7, shares: { train: 0.5, validation: 0.5 } });
  const partsOf = new Map<unknown, Set<string>>();
  for (const { query, split } of parts) {
    const { topic } = query.metadata!;
    partsOf.set(topic, (partsOf.get(topic) ?? new Set()).add(split));
  }
  expect([...partsOf.values()].every(({ size }) => size === 1)).toBe(true);
  expect(new Set(parts.map(({ split }) => split)).size).toBe(2);
});

test('no examples are split into nothing', () => {
  expect(splitWithSizes([], { seed: 1 })).toMatchObject({ examples: [], clusters: 0, largestCluster: 0 });
});

test('the source of a query that nothing answers ties it to what else its document answers', () => {
  const answered = example('q1', [{ id: 'a#1' }]);
  const bare = example('q2', [{ id: 'a#2' }]);
  const [source, random] = bare.passages;
  const unanswerable: Example = {
    ...bare,
    query: { ...bare.query, metadata: { type: 'unanswerable', source: 'a#2' } },
    passages: [{ ...source!, grade: 1, kind: 'hard-negative' }, random!],
  };
  const others = Array.from({ length: 6 }, (_, i) => example(`z${i}`, [{ id: `z${i}#1` }]));
  for (let seed = 0; seed < 20; seed++) {
    const split = parts(splitExamples([answered, unanswerable, ...others], { seed, shares }));
    expect(split.get('q2')).toBe(split.get('q1'));
  }
});

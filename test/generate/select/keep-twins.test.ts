import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Example } from '../../../src/core/example.js';
import { vectorsOf } from '../../../src/generate/cluster/vector-source.js';
import { select } from '../../../src/generate/select/select.js';

const example = (id: string, twin?: string): Example => ({
  query: { id, text: id, metadata: { type: twin ? 'instructed' : 'question', ...(twin && { twin }) } },
  passages: [
    {
      passage: { id: `p${id}`, text: 'x' },
      grade: id.endsWith('-reversed') ? 0 : 3,
      kind: 'positive',
      origin: 'corpus',
    },
  ],
  split: 'train',
  ledgerKeys: [],
});

/** Singles and pairs in any order. */
const sets = fc
  .record({ singles: fc.nat(6), pairs: fc.nat(6) })
  .chain(({ singles, pairs }) =>
    fc.shuffledSubarray(
      [
        ...Array.from({ length: singles }, (_, n) => example(`s${n}`)),
        ...Array.from({ length: pairs }, (_, n) => [
          example(`t${n}`, `t${n}-reversed`),
          example(`t${n}-reversed`, `t${n}`),
        ]).flat(),
      ],
      { minLength: singles + 2 * pairs },
    ),
  )
  .filter((examples) => examples.length > 0);
const methods = fc.constantFrom(
  { method: 'random' },
  { method: 'k-centre' },
  { method: 'difficulty' },
  { method: 'diversify-and-conquer' },
  { method: 'quota', by: 'type', shares: 'proportional', refill: 'any' },
  { method: 'quota', by: 'grade', shares: { 3: 1 }, refill: 'any' },
);

test('whatever is selected, no query is parted from its twin, and there are as many as wanted', async () => {
  await fc.assert(
    fc.asyncProperty(sets, methods, fc.nat(20), fc.nat(100), async (examples, method, count, seed) => {
      const input = {
        examples,
        vectors: vectorsOf(examples.map((_, i) => Float32Array.of(Math.sin(i), Math.cos(3 * i)))),
        difficulties: examples.map((_, i) => (i * 7) % 5),
      };
      const { examples: chosen, notes } = await select(input, method as never, { count, seed });
      const wanted = Math.min(count, examples.length);
      expect(chosen).toHaveLength(wanted);
      const ids = new Set(chosen.map(({ query }) => query.id));
      expect(ids.size).toBe(wanted);
      const alone = examples.filter(
        ({ query: { id, metadata } }) => ids.has(id) && metadata?.twin && !ids.has(String(metadata.twin)),
      );
      for (const { query } of chosen)
        if (query.metadata?.twin) expect(ids).toContain(String(query.metadata.twin));
      // An odd number of nothing but pairs cannot be had otherwise, and is said.
      const singles = examples.filter(({ query: { metadata } }) => !metadata?.twin).length;
      const impossible = singles === 0 && wanted % 2 === 1;
      expect(alone).toHaveLength(impossible ? 1 : 0);
      expect(notes!.some((note) => note.includes('was parted'))).toBe(impossible);
      expect((await select(input, method as never, { count, seed })).examples).toEqual(chosen);
    }),
  );
});

test('a selection without twins is left as it is', async () => {
  const examples = Array.from({ length: 9 }, (_, n) => example(`s${n}`));
  const { notes } = await select({ examples }, 'random', { count: 4, seed: 7 });
  expect(notes).toEqual([]);
});

test('pairs that were picked first are the ones that stay', async () => {
  const examples = ['a', 'b'].flatMap((id) => [example(id, `${id}-reversed`), example(`${id}-reversed`, id)]);
  // The hardest are one of each pair; the very hardest is of pair b.
  const { examples: chosen, notes } = await select(
    { examples, difficulties: [2, 0, 0, 3] },
    { method: 'difficulty', prefer: 'hardest' },
    { count: 2, seed: 7 },
  );
  expect(chosen.map(({ query }) => query.id)).toEqual(['b', 'b-reversed']);
  expect(notes).toEqual([expect.stringContaining('1 example was exchanged')]);
});

test('no type is lost to a pair where another single example can make room', async () => {
  const single = (id: string, type: string): Example => {
    const made = example(id);
    return { ...made, query: { ...made.query, metadata: { type } } };
  };
  const examples = [
    single('common', 'question'),
    single('common too', 'question'),
    single('rare', 'unanswerable'),
    example('a', 'a-reversed'),
    example('a-reversed', 'a'),
  ];
  // The rare one is picked last, and one of the pair is left out.
  const { examples: chosen } = await select(
    { examples, difficulties: [5, 4, 2, 3, 1] },
    { method: 'difficulty', prefer: 'hardest' },
    { count: 4, seed: 7 },
  );
  expect(chosen.map(({ query }) => query.id)).toEqual(['common', 'rare', 'a', 'a-reversed']);
});

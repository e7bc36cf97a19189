import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Example, ExampleOrigin } from '../../src/core/example.js';
import type { Grade } from '../../src/core/judgement.js';
import { readExamples, writeExamples } from '../../src/formats/examples.js';
import { collect, folderOf, temporaryFolder } from './temporary-folder.js';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 });
const grade = fc.constantFrom<Grade>(0, 1, 2, 3);
const origin: fc.Arbitrary<ExampleOrigin> = fc.oneof(
  fc.constantFrom('corpus' as const, 'judged' as const, 'generated:negative' as const),
  fc.constantFrom('mined:bm25' as const, 'mined:dense' as const),
  grade.map((level): ExampleOrigin => `generated:${level}`),
);
const optional = { requiredKeys: [] as never[] };
const example: fc.Arbitrary<Example> = fc
  .tuple(
    fc.tuple(
      fc.record({ id, text }),
      fc.record({ instruction: text, metadata: fc.dictionary(id, fc.jsonValue()) }, optional),
    ),
    fc.uniqueArray(
      fc.tuple(
        fc.record({ id, text }),
        fc.record({ title: text }, optional),
        fc.record({
          grade,
          kind: fc.constantFrom('positive' as const, 'hard-negative' as const, 'random' as const),
          origin,
        }),
        fc.record(
          {
            teacherScore: fc.double({ noNaN: true, noDefaultInfinity: true }),
            teacherRank: fc.integer({ min: 1, max: 99 }),
            hardness: fc.double({ min: 0, max: 1, noNaN: true }),
            margin: fc.double({ noNaN: true, noDefaultInfinity: true }),
          },
          optional,
        ),
      ),
      { selector: ([passage]) => passage.id, maxLength: 4 },
    ),
    fc.constantFrom('train' as const, 'validation' as const, 'test' as const),
    fc.array(fc.stringMatching(/^[0-9a-f]{8}$/)),
    fc.option(fc.record({ packageVersion: fc.constant('1.0.0'), seed: fc.integer() }), { nil: undefined }),
  )
  .map(([[query, more], passages, split, ledgerKeys, provenance]) => ({
    query: { ...query, ...more },
    passages: passages.map(([passage, title, labels, teacher]) => ({
      passage: { ...passage, ...title },
      ...labels,
      ...teacher,
    })),
    split,
    ledgerKeys,
    ...(provenance ? { provenance } : {}),
  }));

test('what is written is read again, plain JSON and one example a line', async () => {
  const path = join(temporaryFolder(), 'examples.jsonl');
  const examples = fc.uniqueArray(example, { selector: ({ query }) => query.id, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(examples, async (given) => {
      await writeExamples(path, given);
      // -0 is 0 in JSON.
      expect(await collect(readExamples(path))).toEqual(JSON.parse(JSON.stringify(given)));
    }),
    { numRuns: 60 },
  );
});

const good = {
  query: { id: 'q', text: '?' },
  passages: [{ passage: { id: 'p', text: 'x' }, grade: 3, kind: 'positive', origin: 'corpus' }],
  split: 'train',
  ledgerKeys: [],
};
const [passage] = good.passages;

test.each([
  ['a misspelt key', { ...good, splits: 'train' }, /splits/],
  ['a grade off the scale', { ...good, passages: [{ ...passage, grade: 4 }] }, /grade/],
  ['an unknown origin', { ...good, passages: [{ ...passage, origin: 'found' }] }, /origin/],
  [
    'a generated level off the scale',
    { ...good, passages: [{ ...passage, origin: 'generated:9' }] },
    /origin/,
  ],
  ['a rank of 0', { ...good, passages: [{ ...passage, teacherRank: 0 }] }, /teacherRank/],
  ['a passage twice', { ...good, passages: [passage, passage] }, /the same passage twice/],
])('%s is a bad line', async (_name, record, message) => {
  const path = join(
    folderOf({
      'a.jsonl': `${JSON.stringify({ ...good, query: { id: 'q0', text: '' } })}\n${JSON.stringify(record)}`,
    }),
    'a.jsonl',
  );
  await expect(collect(readExamples(path))).rejects.toMatchObject({
    code: 'bad-line',
    where: `${path}:2`,
    message: expect.stringMatching(message),
  });
});

test('a query with two lines is an error that names both', async () => {
  const path = join(folderOf({ 'a.jsonl': `${JSON.stringify(good)}\n${JSON.stringify(good)}\n` }), 'a.jsonl');
  await expect(collect(readExamples(path))).rejects.toMatchObject({
    code: 'duplicate-id',
    where: `${path}:2`,
    message: expect.stringMatching(/line 1 already/),
  });
});

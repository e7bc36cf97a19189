import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Example } from '../../../src/core/example.js';
import { randomStream, shuffle } from '../../../src/core/random.js';
import { Funnel } from '../../../src/generate/funnel.js';
import { contaminationCheck, removeContaminated } from '../../../src/generate/hygiene/contamination.js';
import { splitExamples } from '../../../src/generate/split/split-examples.js';

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

import { expect, test } from 'vitest';
import type { Passage } from '../../../src/core/passage.js';
import { randomStream, shuffle } from '../../../src/core/random.js';
import { Funnel } from '../../../src/generate/funnel.js';
import { unfitText } from '../../../src/generate/sample/fit-passages.js';
import { documentOf, samplePassages } from '../../../src/generate/sample/sample-passages.js';

const text = (i: number) => Array.from({ length: 30 }, (_, word) => `term${i}x${word}`).join(' ');
const corpus = (n: number): Passage[] =>
  Array.from({ length: n }, (_, i) => ({ id: `doc${i % 3}#${i}`, text: text(i) }));
const sample = async (passages: Iterable<Passage>, options: Parameters<typeof samplePassages>[1]) => {
  const out: string[] = [];
  for await (const { id } of samplePassages(passages, options)) out.push(id);
  return out;
};

test('the sample depends on the seed, not on the order of the corpus', async () => {
  const passages = corpus(5000);
  const one = await sample(passages, { seed: 7, count: 20 });
  expect(one).toHaveLength(20);
  expect(await sample(shuffle(passages, randomStream(1)), { seed: 7, count: 20 })).toEqual(one);
  expect(await sample(passages, { seed: 8, count: 20 })).not.toEqual(one);
  // A larger sample begins with the smaller one.
  expect((await sample(passages, { seed: 7, count: 40 })).slice(0, 20)).toEqual(one);
});

test('every passage is drawn about equally often', async () => {
  const passages = corpus(20);
  const drawn = new Map<string, number>();
  for (let seed = 0; seed < 400; seed++)
    for (const id of await sample(passages, { seed, count: 5 })) drawn.set(id, (drawn.get(id) ?? 0) + 1);
  // 100 expected, standard deviation 8.7.
  for (const { id } of passages) expect(Math.abs((drawn.get(id) ?? 0) - 100)).toBeLessThan(45);
});

test('spread takes documents in turn', async () => {
  const passages: Passage[] = [
    ...Array.from({ length: 50 }, (_, i) => ({ id: `long#${i}`, text: text(i) })),
    { id: 'short#1', text: text(100) },
    { id: 'x', text: text(101), metadata: { document: 'other' } },
  ];
  const ids = await sample(passages, { seed: 7, count: 4, spread: true });
  expect(ids).toContain('short#1');
  expect(ids).toContain('x');
  expect(documentOf(passages.at(-1)!)).toBe('other');
});

test('what is left out is counted', async () => {
  const funnel = new Funnel();
  const passages: Passage[] = [
    { id: 'a', text: text(1) },
    { id: 'b', text: text(1).toUpperCase() },
    { id: 'c', text: 'too short' },
    { id: 'd', text: '| 1 | 2 | 3 | 4 |\n'.repeat(20) },
    { id: 'e', text: 'home about contact '.repeat(20) },
    { id: 'f', text: text(2) },
    { id: 'g', text: '' },
  ];
  expect(await sample(passages, { seed: 7, count: 1, funnel })).toHaveLength(1);
  expect(funnel.stage('passages')).toMatchObject({
    in: 7,
    out: 1,
    rejected: { 'exact-duplicate': 1, 'too-short': 2, boilerplate: 2, 'not-drawn': 1 },
  });
});

test.each([
  ['html', `<div class="menu"><a href="x">${text(1)}</a></div>`, undefined],
  ['only tags', '<br/>'.repeat(100), 'too-short'],
  [
    'Japanese, no spaces',
    '検索エンジンは文書の中から質問に合うものを見つけて順番に並べるための道具である',
    undefined,
  ],
  ['NUL bytes', '\0'.repeat(500), 'too-short'],
])('%s', (_, given, expected) => expect(unfitText(given, 25)).toBe(expected));

test('an empty corpus gives nothing; an abort stops', async () => {
  expect(await sample([], { seed: 7 })).toEqual([]);
  await expect(sample(corpus(3), { seed: 7, signal: AbortSignal.abort() })).rejects.toThrow();
});

import { expect, test } from 'vitest';
import { Funnel } from '../../../src/generate/funnel.js';
import {
  contaminationCheck,
  firstReason,
  passageContaminationCheck,
  removeContaminated,
} from '../../../src/generate/hygiene/contamination.js';
import { embeddingContaminationCheck } from '../../../src/generate/hygiene/embedding-contamination.js';
import { createNgramIndex, ngramRules } from '../../../src/generate/hygiene/ngram-overlap.js';
import { toyEncoder } from '../../retrieval/toy-encoder.js';

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `w${from + i}`).join(' ');

test.each([
  // 100 words have 93 8-grams.
  { text: numbered(0, 100), share: 1 },
  { text: `before ${numbered(0, 100)} after`, share: 1 },
  { text: numbered(0, 77), share: 1, why: 'a part of it has no other n-grams' },
  { text: `${numbered(0, 75)} ${numbered(900, 1100)}`, share: 68 / 93 },
  { text: `${numbered(0, 60)} ${numbered(900, 1100)}`, share: undefined },
  { text: numbered(200, 300), share: undefined },
])('70 % of the 8-grams: $share', ({ text, share }) => {
  const index = createNgramIndex();
  expect(index.add('e', numbered(0, 100))).toBe(true);
  expect(index.add('other', numbered(500, 600))).toBe(true);
  expect(index.find(text)?.share).toBe(share);
});

test('any 13-gram: thirteen words in a row are one, twelve are none', () => {
  const index = createNgramIndex(ngramRules['gpt-3']);
  index.add('e', numbered(0, 100));
  expect(index.find(`a b c ${numbered(40, 53)} d e f`)?.id).toBe('e');
  expect(index.find(`a b c ${numbered(40, 52)} d e f`)).toBeUndefined();
});

test('a text between 8 words and an n-gram is told whole, a shorter one not at all', () => {
  const index = createNgramIndex(ngramRules['gpt-3']);
  expect(index.add('nine', numbered(0, 9))).toBe(true);
  expect(index.add('seven', numbered(20, 27))).toBe(false);
  expect(index.find(`so ${numbered(0, 9)} it is`)?.id).toBe('nine');
  expect(index.find(numbered(20, 27))).toBeUndefined();
});

test('case, punctuation and line breaks hide nothing', () => {
  const index = createNgramIndex();
  index.add('e', 'Zero-dimensional biomaterials show inductive properties in the bones of mice');
  expect(
    index.find('“ZERO dimensional,\nbiomaterials; show — inductive properties (in the bones) of mice!”')?.id,
  ).toBe('e');
});

test('a query in more words is found by its n-grams, where the overlap of words is too small', () => {
  const query = 'how long may a landlord keep the deposit after the tenant has left';
  const check = contaminationCheck([{ id: 'e', text: query }]);
  const longer = `I moved out in May and would like to know ${query} and whether interest is due on it`;
  expect(check(longer)).toBe('overlaps-evaluation-query');
  expect(contaminationCheck([{ id: 'e', text: query }], { ngrams: false })(longer)).toBeUndefined();
  expect(check(query.toUpperCase())).toBe('evaluation-query');
  expect(check('may a landlord keep a dog')).toBeUndefined();
});

test('passages: equal, nearly equal, a part, and one that holds a query', async () => {
  const passage = numbered(0, 120);
  const query = 'what does the deposit of a rented flat pay for';
  const check = passageContaminationCheck({
    queries: [{ id: 'q', text: query }],
    passages: [{ id: 'p', text: passage }],
  });
  const texts = [
    passage.toUpperCase(),
    passage.replace('w60 ', 'another '),
    numbered(30, 70),
    `Many ask: ${query}? It pays for damage.`,
    numbered(300, 400),
  ];
  expect(texts.map(check)).toEqual([
    'evaluation-passage',
    'near-evaluation-passage',
    'overlaps-evaluation-passage',
    'overlaps-evaluation-query',
    undefined,
  ]);
  const funnel = new Funnel();
  const kept = [];
  for await (const text of removeContaminated(texts, { text: (each) => each, check, funnel }))
    kept.push(text);
  expect(kept).toEqual([numbered(300, 400)]);
  expect(funnel.stage('contamination')).toMatchObject({ in: 5, out: 1 });
});

test('by meaning: near vectors are found, and cheaper checks come first', async () => {
  const encoder = toyEncoder();
  const similar = await embeddingContaminationCheck([{ text: 'aaaabbbb' }, { text: '' }], {
    model: encoder,
    threshold: 0.95,
  });
  expect(await similar('bbbbaaaa')).toBe('similar-to-evaluation-query');
  expect(await similar('gggghhhh')).toBeUndefined();
  expect(await similar(' ')).toBeUndefined();
  const check = firstReason(contaminationCheck([{ id: 'e', text: 'aaaabbbb' }]), similar);
  const before = encoder.seen.length;
  expect(await check('AAAABBBB')).toBe('evaluation-query');
  expect(encoder.seen.length).toBe(before);
  expect(await check('bbbaaa')).toBe('similar-to-evaluation-query');
  const none = await embeddingContaminationCheck([], { model: encoder });
  expect(await none('aaaa')).toBeUndefined();
});

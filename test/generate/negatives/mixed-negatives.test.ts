import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collect } from '../../../src/core/collect.js';
import type { Example } from '../../../src/core/example.js';
import type { Grade } from '../../../src/core/judgement.js';
import { corpusOf } from '../../../src/generate/corpus.js';
import { Funnel } from '../../../src/generate/funnel.js';
import type { Judge } from '../../../src/generate/judge/judge.js';
import type { MiningSource } from '../../../src/generate/negatives/candidate-pool.js';
import {
  type MineExamplesOptions,
  type MiningRequest,
  mineExamples,
} from '../../../src/generate/negatives/mine-examples.js';
import { type MineNegativesOptions, mineNegatives } from '../../../src/generate/negatives/mine-negatives.js';
import type { MixShare } from '../../../src/generate/negatives/mix.js';
import type { Retriever } from '../../../src/retrieval/retriever.js';
import { asked, writerModel } from '../../fixtures/writer-model.js';

const text = (i: number) => Array.from({ length: 20 }, (_, word) => `p${i}w${word}`).join(' ');
const passages = Array.from({ length: 300 }, (_, i) => ({ id: `p${i}`, text: text(i) }));
const corpus = corpusOf(passages);
const query = { id: 'q', text: 'anything that one may ask here' };

/** Log-odds from 0 downwards, each retriever with an order of its own: `step` further through the corpus with each rank. */
const ranks = (name: string, step: number): Retriever => ({
  name,
  search: async (_, k) =>
    Array.from({ length: Math.min(k, passages.length) }, (_, i) => ({
      id: `p${(i * step) % passages.length}`,
      score: -i / 10,
    })),
});
const [lexical, dense] = [ranks('bm25', 1), ranks('dense', 7)];
const sources: MiningSource[] = [
  { retriever: lexical, band: [1, 100] },
  { retriever: dense, band: [1, 100] },
];
/** First in both lists. */
const positive = passages[0]!;
const mine = (options: Partial<MineNegativesOptions>) =>
  mineNegatives({ query, positives: [positive] }, { sources, corpus, seed: 7, ...options });
const no: Judge = async () => ({ grade: 0, score: 0.1, ledgerKeys: [] });

test('places are filled to the number: each kind, retriever and band of hardness', async () => {
  const cell = fc.constantFrom<Omit<MixShare, 'share'>>(
    { kind: 'mined' },
    { kind: 'mined', retriever: 'bm25' },
    { kind: 'mined', retriever: 'dense', hardness: [0.5, 1] },
    { kind: 'mined', hardness: [0.2, 0.5] },
    { kind: 'random' },
  );
  const place = fc.tuple(cell, fc.integer({ min: 0, max: 6 })).map(([of, places]) => ({ ...of, places }));
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(place, { selector: ({ places: _, ...of }) => JSON.stringify(of), minLength: 1 }),
      fc.integer(),
      async (places, seed) => {
        const mined = await mine({ places, seed });
        const wanted = places.reduce((sum, one) => sum + one.places, 0);
        expect(mined.passages).toHaveLength(wanted);
        expect(new Set(mined.passages.map(({ passage }) => passage.id)).size).toBe(wanted);
        expect(mined.passages.map(({ passage }) => passage.id)).not.toContain(positive.id);
        const count = (of: (item: (typeof mined.passages)[number]) => boolean) =>
          mined.passages.filter(of).length;
        const random = places.find(({ kind }) => kind === 'random')?.places ?? 0;
        expect(count(({ kind }) => kind === 'random')).toBe(random);
        const least = (retriever: string) =>
          places.find((one) => one.retriever === retriever && !one.hardness)?.places ?? 0;
        expect(count(({ origin }) => origin === 'mined:bm25')).toBeGreaterThanOrEqual(least('bm25'));
        const hard = places.find(({ hardness }) => hardness?.[1] === 1)?.places ?? 0;
        expect(
          count(({ origin, hardness }) => origin === 'mined:dense' && hardness! >= 0.5),
        ).toBeGreaterThanOrEqual(hard);
        for (const { hardness } of mined.passages) {
          expect(hardness).toBeGreaterThanOrEqual(0);
          expect(hardness).toBeLessThanOrEqual(1);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a cell over several retrievers is shared evenly by them', async () => {
  const mined = await mine({ places: [{ kind: 'mined', places: 10 }] });
  const from = (name: string) => mined.passages.filter(({ origin }) => origin === `mined:${name}`).length;
  expect([from('bm25'), from('dense')]).toEqual([5, 5]);
});

test('thresholds hold for scores below 0, in every list that has the passage', async () => {
  const share = fc.double({ min: 0.3, max: 1, noNaN: true });
  await fc.assert(
    fc.asyncProperty(
      share,
      fc.double({ min: 0, max: 3, noNaN: true }),
      fc.integer({ min: 0, max: 40 }),
      async (belowShare, belowMargin, at) => {
        // The positive has log-odds of -at / 10 in the first list.
        const known = passages[at]!;
        const aware = sources.map((source) => ({ ...source, belowShare, belowMargin }));
        const { passages: mined } = await mineNegatives(
          { query, positives: [known] },
          { sources: aware, corpus, seed: 7, count: 12, random: 0, judge: no },
        );
        for (const retriever of [lexical, dense]) {
          const list = await retriever.search(query, 100);
          const score = (id: string) => list.find((one) => one.id === id)?.score;
          const top = score(known.id);
          if (top === undefined) continue;
          for (const { passage } of mined) {
            const own = score(passage.id);
            if (own === undefined) continue;
            expect(own).toBeLessThanOrEqual(top - belowMargin);
            expect(own).toBeLessThanOrEqual(top - (1 - belowShare) * Math.abs(top));
            expect(own).toBeLessThan(top);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a mined cell that runs dry is filled from the nearest one, then from random ones, and every place is told', async () => {
  // The band ends at hardness .5: nothing above it is there.
  const shallow: MiningSource[] = [{ retriever: lexical, band: [60, 90] }];
  const places = [
    { kind: 'mined', hardness: [0.6, 1], places: 4 },
    { kind: 'mined', hardness: [0, 0.2], places: 2 },
    { kind: 'mined', hardness: [0.2, 0.6], places: 1 },
    { kind: 'random', places: 3 },
  ] as const;
  const filled = await mine({ sources: shallow, places });
  expect(filled.passages).toHaveLength(10);
  const count = (list: readonly string[], note: string) => list.filter((one) => one === note).length;
  expect(count(filled.notes, 'short:mined@0.6-1')).toBe(4);
  expect(count(filled.notes, 'filled:mined@0.2-0.6')).toBe(4);
  expect(filled.notes).not.toContain('too-few-mined');

  // Nine candidates in all: what then is left goes to random ones.
  const narrow: MiningSource[] = [{ retriever: lexical, band: [95, 99] }];
  const rest = await mine({ sources: narrow, places });
  expect(rest.passages.filter(({ kind }) => kind === 'random')).toHaveLength(5);
  expect(count(rest.notes, 'filled:random')).toBe(2);
  expect(rest.notes).toContain('too-few-mined');

  const left = await mine({ sources: narrow, places, onShort: 'leave' });
  expect(left.passages.filter(({ kind }) => kind === 'random')).toHaveLength(3);
  expect(left.notes.filter((note) => note.startsWith('filled'))).toEqual([]);
  expect(count(left.notes, 'short:mined@0.6-1')).toBe(4);
});

test('random ones are from outside all lists, and from below the bands only where the corpus has no others', async () => {
  const bands: MiningSource[] = [
    { retriever: lexical, band: [2, 20] },
    { retriever: dense, band: [2, 20] },
  ];
  const listed = new Set<string>();
  for (const { retriever } of bands) for (const { id } of await retriever.search(query, 100)) listed.add(id);
  const mixed = await mine({
    sources: bands,
    mix: [
      { kind: 'random', share: 3 },
      { kind: 'mined', share: 1 },
    ],
    count: 40,
  });
  const random = mixed.passages.filter(({ kind }) => kind === 'random');
  expect(random).toHaveLength(30);
  for (const { passage, hardness } of random) {
    expect(listed.has(passage.id)).toBe(false);
    expect(hardness).toBe(0);
  }
  expect(mixed.notes).not.toContain('random-from-list');

  // The lists hold all of this corpus but one passage.
  const small = await mine({
    sources: bands.slice(0, 1),
    corpus: corpusOf(passages.slice(0, 101)),
    count: 1,
    random: 3,
  });
  const drawn = small.passages.filter(({ kind }) => kind === 'random');
  expect(drawn.map(({ passage }) => passage.id)).toContain('p100');
  for (const { passage } of drawn) expect(Number(passage.id.slice(1))).toBeGreaterThanOrEqual(20);
  expect(small.notes).toEqual(['random-from-list', 'random-from-list']);
});

test('grades that are known need no judge and no threshold', async () => {
  const asked: string[] = [];
  const judge: Judge = async (_, { id }) => {
    asked.push(id);
    return { grade: 0, score: 0, ledgerKeys: [] };
  };
  const known = new Map<string, Grade>([
    ['p1', 0],
    ['p2', 3],
    ['p3', 1],
  ]);
  const mined = await mine({
    sources: [{ retriever: lexical, band: [1, 6], belowMargin: 0.35 }],
    known,
    judge,
    count: 6,
    random: 0,
    pick: 'top',
    onFalseNegative: 'relabel',
  });
  expect(mined.passages.map(({ passage, grade, kind }) => [passage.id, grade, kind])).toEqual([
    ['p1', 0, 'hard-negative'],
    ['p2', 3, 'positive'],
    ['p3', 1, 'hard-negative'],
    ['p4', 0, 'hard-negative'],
    ['p5', 0, 'hard-negative'],
  ]);
  expect(asked).toEqual(['p4', 'p5']);
});

test('what the example holds already is neither mined nor drawn', async () => {
  const held = passages.slice(1, 290);
  const near: MiningSource[] = [{ retriever: lexical, band: [2, 20] }];
  const mined = await mine({ sources: near, held, count: 3, random: 4 });
  expect(mined.passages.map(({ kind }) => kind)).toEqual(Array(4).fill('random'));
  for (const { passage } of mined.passages) expect(held).not.toContain(passage);
});

test('no text comes twice: mined, written, drawn, or held already', async () => {
  // Odd passages say what the one before them says, but for a word; p11 is held.
  const pairs = passages.map(({ id }, i) => ({ id, text: i % 2 ? `${text(i - 1)} again` : text(i) }));
  const asked: string[] = [];
  const judge: Judge = async (_, { id }) => {
    asked.push(id);
    return { grade: 1, score: 0.2, ledgerKeys: [] };
  };
  const replies = [[text(2), sentence(1)], [`${sentence(1)} Well.`], [sentence(2)]];
  const writer = writerModel({ write: () => JSON.stringify({ passages: replies.shift() }) });
  const mined = await mine({
    sources: [{ retriever: lexical, band: [2, 12] }],
    corpus: corpusOf(pairs),
    held: [pairs[11]!],
    pick: 'top',
    judge,
    writer: { model: writer.model, attempts: 3 },
    places: [
      { kind: 'mined', places: 5 },
      { kind: 'written', places: 2 },
      { kind: 'random', places: 60 },
    ],
  });
  const of = (...kinds: string[]) => mined.passages.filter(({ origin }) => kinds.includes(origin));
  expect(of('mined:bm25').map(({ passage }) => passage.id)).toEqual(['p2', 'p4', 'p6', 'p8']);
  expect(of('generated:negative').map(({ passage }) => passage.text)).toEqual([sentence(1), sentence(2)]);
  const random = of('corpus').map(({ passage }) => Math.floor(Number(passage.id.slice(1)) / 2));
  // And one for the mined place that nothing else fills.
  expect(random).toHaveLength(61);
  expect(new Set(random).size).toBe(61);
  expect(asked).toHaveLength(6);
  expect(mined.rejected).toEqual([
    'repeats-positive',
    ...Array(5).fill('near-duplicate'),
    'written-exact-duplicate',
    'written-near-duplicate',
  ]);
});

test('a relabelled one can be replaced, so that as many negatives are there as were asked for', async () => {
  const judge: Judge = async (_, { id }) => ({
    grade: Number(id.slice(1)) % 2 ? 3 : 0,
    score: 0,
    ledgerKeys: [],
  });
  const options = { judge, count: 6, random: 0, onFalseNegative: 'relabel' } as const;
  const negatives = async (replaceRelabelled: boolean) =>
    (await mine({ ...options, replaceRelabelled })).passages.filter(({ kind }) => kind === 'hard-negative')
      .length;
  expect(await negatives(true)).toBe(6);
  expect(await negatives(false)).toBeLessThan(6);
});

const sentence = (i: number) =>
  `Number ${i} tells of quite another matter with words such as ${text(500 + i)} and more.`;
const writing = (answers: (i: number) => boolean = () => false) => {
  let written = 0;
  const writer = writerModel({
    write: (request) => {
      const count = Number(/Write (\d+) different/.exec(asked(request))![1]);
      return JSON.stringify({ passages: Array.from({ length: count }, () => sentence(written++)) });
    },
  });
  const judge: Judge = async (_, passage) => {
    const i = Number(/Number (\d+)/.exec(passage.text)?.[1] ?? Number.NaN);
    return {
      grade: answers(i) ? 3 : 1,
      score: answers(i) ? 0.9 : 0.25,
      ledgerKeys: [`judged-${passage.id}`],
    };
  };
  return { writer, judge };
};

test('written ones count when they are judged: what answers is left out and written again', async () => {
  const { writer, judge } = writing((i) => i === 1);
  const mined = await mine({
    places: [{ kind: 'written', places: 3 }],
    writer: { model: writer.model },
    judge,
  });
  expect(
    mined.passages.map(({ passage, grade, origin, hardness }) => [passage.text, grade, origin, hardness]),
  ).toEqual([0, 2, 3].map((i) => [sentence(i), 1, 'generated:negative', 0.25]));
  expect(mined.rejected).toEqual(['written-answers']);
  expect(writer.requests).toHaveLength(2);
  expect(mined.ledgerKeys).toHaveLength(4);
});

test('a writer that never succeeds leaves places to random ones of the mix, and says so', async () => {
  const { writer, judge } = writing(() => true);
  const places = [
    { kind: 'written', places: 2 },
    { kind: 'random', places: 1 },
  ] as const;
  const mined = await mine({ places, writer: { model: writer.model }, judge });
  expect(mined.passages.map(({ kind }) => kind)).toEqual(['random', 'random', 'random']);
  expect(mined.notes).toEqual([
    'short:written',
    'short:written',
    'filled:random',
    'filled:random',
    'too-few-written',
  ]);
});

test.each<[string, Partial<MineNegativesOptions>]>([
  [
    'a writer without a judge',
    { places: [{ kind: 'written', places: 1 }], writer: { model: writerModel().model } },
  ],
  ['written ones without a writer', { places: [{ kind: 'written', places: 1 }], judge: no }],
  ['mined ones without a list', { sources: [], count: 2 }],
  ['a mix without shares', { mix: [] }],
  ['a list that is not there', { places: [{ kind: 'mined', retriever: 'dence', places: 1 }] }],
])('%s is refused', async (_, options) => {
  await expect(mine(options)).rejects.toMatchObject({ code: 'usage' });
});

const mix: MixShare[] = [
  { kind: 'mined', retriever: 'bm25', hardness: [0.5, 1], share: 0.35 },
  { kind: 'mined', hardness: [0, 0.5], share: 0.4 },
  { kind: 'random', share: 0.25 },
];
const requests = (ids: readonly number[]): MiningRequest[] =>
  ids.map((i) => ({
    query: { id: `q${i}`, text: query.text },
    positives: [{ passage: positive, grade: 3, kind: 'positive', origin: 'judged' }],
  }));
const set = (ids: readonly number[], options: Partial<MineExamplesOptions> = {}) =>
  collect(mineExamples(requests(ids), { sources, corpus, mix, count: 5, seed: 7, ...options }));
const byId = (examples: readonly Example[]) =>
  new Map(examples.map((example) => [example.query.id, example]));

test('over a set the shares are exact to one place, though no query divides them evenly', async () => {
  const funnel = new Funnel();
  const examples = await set([...Array(33).keys()], { funnel });
  const negatives = examples.flatMap(({ passages: list }) => list.slice(1));
  expect(negatives).toHaveLength(165);
  const random = negatives.filter(({ kind }) => kind === 'random').length;
  expect(Math.abs(random - 0.25 * 165)).toBeLessThan(1);
  const low = negatives.filter(({ kind, hardness }) => kind !== 'random' && hardness! < 0.5).length;
  expect(Math.abs(low - 0.4 * 165)).toBeLessThan(1);
  expect(funnel.stage('negatives')).toMatchObject({
    out: 165,
    noted: { random, 'hard-negative': 165 - random },
  });
  expect(funnel.stage('queries')).toMatchObject({ in: 33, out: 33 });
});

test('order, concurrency and timing change no example; another seed does', async () => {
  const ids = [...Array(12).keys()];
  const plain = byId(await set(ids, { concurrency: 1 }));
  const slow: Judge = async (one, passage) => {
    await new Promise((resolve) => setTimeout(resolve, (passage.id.length + one.id.length) % 3));
    return { grade: 0, score: 0.1, ledgerKeys: [] };
  };
  expect(byId(await set(ids.toReversed(), { concurrency: 7, judge: slow }))).toEqual(plain);
  expect(byId(await set(ids, { seed: 8 }))).not.toEqual(plain);
});

test('a query without positives is counted, and the signal stops it', async () => {
  const funnel = new Funnel();
  const none: MiningRequest = { query: { id: 'none', text: '' }, positives: [] };
  const options = { sources, corpus, count: 2, random: 1, seed: 7, funnel };
  expect(await collect(mineExamples([none, ...requests([1])], options))).toHaveLength(1);
  expect(funnel.stage('queries')).toMatchObject({ in: 2, out: 1, rejected: { 'no-positive': 1 } });
  await expect(
    collect(mineExamples(requests([1]), { ...options, signal: AbortSignal.abort() })),
  ).rejects.toThrow();
});

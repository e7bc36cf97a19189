import { expect, test } from 'vitest';
import type { Passage } from '../../src/core/passage.js';
import { corpusOf } from '../../src/generate/corpus.js';
import { type GenerateSetOptions, generateSet, requireComplete } from '../../src/generate/generate-set.js';
import { createJudge, type Judge } from '../../src/generate/judge/judge.js';
import type { Retriever } from '../../src/retrieval/retriever.js';
import {
  asked,
  block,
  goodReply,
  stageOf,
  type WriterScript,
  writerModel,
} from '../fixtures/writer-model.js';

const passages: Passage[] = Array.from({ length: 12 }, (_, i) => ({
  id: `doc${i}`,
  text: `topic${i} item${i} ${Array.from({ length: 20 }, (_, word) => `p${i}w${word}`).join(' ')}`,
}));
const retriever: Retriever = {
  name: 'stub',
  search: async ({ text }, k) =>
    passages
      .map(({ id, text: body }) => ({ id, score: text.includes(body.split(' ')[1]!) ? 10 : 1 }))
      .sort((a, b) => b.score - a.score)
      .slice(0, k),
};
/** The judge says Yes where the passage holds the query's last word, and turns around where the instruction says "not". */
const label: WriterScript['label'] = (request) => {
  const query = block(request, 'query');
  const [text = '', instruction = ''] = query.split('\n');
  const term = text
    .replace(/[^\p{L}\p{N} ]/gu, '')
    .trim()
    .split(/\s+/)
    .at(-1)!;
  const holds = block(request, 'passage').includes(term);
  const yes = /\b(?:not|no)\b/i.test(instruction) ? !holds : holds;
  return request.replies.map((reply) => (/yes|3/i.test(reply) === yes ? -0.1 : -4));
};
const run = (more: Partial<GenerateSetOptions>, write: WriterScript['write'] = goodReply) => {
  const writer = writerModel({ write, label });
  const judge = createJudge({ model: writer.model });
  return generateSet({
    count: 4,
    seed: 7,
    passages,
    corpus: corpusOf(passages),
    writer: { model: writer.model },
    source: {
      judge,
      roundTrip: { retriever, first: 5 },
      unanswerable: { retriever, corpus: corpusOf(passages) },
    },
    mining: { retriever, judge, count: 2, random: 1, band: [2, 10] },
    ...more,
  }).then((set) => ({ set, requests: writer.requests }));
};
const instructed: WriterScript['write'] = (request) => {
  if (stageOf(request) !== 'query') return goodReply(request);
  const term = block(request, 'passage').split(' ')[1]!;
  return JSON.stringify({
    'instructed search': `tell me more about ${term}`,
    'only passages that': 'name the year in which it began',
  });
};

test('an instructed query and its twin are two examples whose source’s grade flips', async () => {
  const { set } = await run({ types: { instructed: 1 } }, instructed);
  const { examples } = requireComplete(set);
  expect(examples).toHaveLength(4);
  for (const [one, twin] of [examples.slice(0, 2), examples.slice(2)]) {
    expect(twin!.query.id).toBe(one!.query.metadata!.twin);
    expect(twin!.query.text).toBe(one!.query.text);
    expect(twin!.query.instruction).not.toBe(one!.query.instruction);
    expect(one!.passages[0]).toMatchObject({ kind: 'positive', grade: 3 });
    expect(twin!.passages[0]).toMatchObject({
      passage: one!.passages[0]!.passage,
      kind: 'hard-negative',
      grade: 0,
    });
  }
  expect(set.types).toEqual({ instructed: { accepted: 4, wanted: 4 } });
});

/** Under the instruction the even passages are relevant, under its reverse the odd ones. */
const byHalves = () => {
  const asked: string[] = [];
  const judge: Judge = async (query, { id }) => {
    asked.push(`${query.id} ${id}`);
    const even = Number(id.slice(3)) % 2 === 0;
    const relevant = even !== query.id.endsWith('-reversed');
    return { grade: relevant ? 3 : 0, score: relevant ? 0.9 : 0.25, ledgerKeys: [asked.at(-1)!] };
  };
  return { asked, judge };
};
const even = passages.filter((_, i) => i % 2 === 0);

test('a twin has the passages of its query, each read under its own instruction, at no further call', async () => {
  const { asked: calls, judge } = byHalves();
  const options = {
    types: { instructed: 1 },
    passages: even,
    source: { judge },
    mining: { retriever, judge, count: 4, random: 1, band: [2, 8], onFalseNegative: 'relabel' },
  } as const;
  const { set } = await run(options, instructed);
  const { examples } = requireComplete(set);
  const kindsOf = new Set<string>();
  for (const [one, twin] of [examples.slice(0, 2), examples.slice(2)]) {
    const ids = one!.passages.map(({ passage }) => passage.id);
    expect(ids).toHaveLength(6);
    expect(twin!.passages.map(({ passage }) => passage.id)).toEqual(ids);
    for (const [at, { kind, grade }] of one!.passages.entries()) {
      kindsOf.add(kind);
      const flipped = twin!.passages[at]!;
      if (kind === 'random') expect(flipped).toEqual(one!.passages[at]);
      else
        expect([flipped.grade, flipped.kind]).toEqual(
          kind === 'positive' ? [0, 'hard-negative'] : [3, 'positive'],
        );
      if (kind === 'positive') expect([grade, flipped.hardness]).toEqual([3, 0.25]);
    }
    expect(one!.passages.filter(({ kind }) => kind === 'positive').length).toBeGreaterThan(1);
    for (const { query, ledgerKeys } of [one!, twin!])
      expect(ledgerKeys.filter((key) => key.startsWith(`${query.id} `))).toHaveLength(5);
  }
  expect(kindsOf).toEqual(new Set(['positive', 'hard-negative', 'random']));
  expect(calls).toHaveLength(2 * 2 * 5);
  expect(set.funnel.stage('examples').noted).toEqual({});
  const { set: again } = await run({ ...options, concurrency: 1 }, instructed);
  expect(again.examples).toEqual(examples);
});

test.each([
  ['no mined passages', { count: 0, onFalseNegative: 'relabel' }],
  ['relevant ones dropped', { count: 4, onFalseNegative: 'drop' }],
] as const)('a twin without anything relevant counts, and is told: %s', async (_, how) => {
  const { judge } = byHalves();
  const mining = { retriever, judge, random: 1, band: [2, 8], ...how } as const;
  const { set } = await run(
    { types: { instructed: 1 }, passages: even, source: { judge }, mining },
    instructed,
  );
  expect(requireComplete(set).examples).toHaveLength(4);
  expect(set.funnel.stage('examples').noted).toEqual({ 'twin-without-positive': 2 });
});

test('of an odd number the last twin is left out, and counted', async () => {
  const { set } = await run({ types: { instructed: 1 }, count: 3 }, instructed);
  const { examples } = requireComplete(set);
  expect(examples).toHaveLength(3);
  const [one, twin, alone] = examples.map(({ query }) => query);
  expect([one!.metadata!.twin, twin!.metadata!.twin]).toEqual([twin!.id, one!.id]);
  // Nobody is led to an example that is not there.
  expect(alone!.metadata).not.toHaveProperty('twin');
  expect(alone!.metadata).toMatchObject({ type: 'instructed', condition: expect.any(String) });
  expect(set.funnel.stage('examples')).toMatchObject({ out: 3, noted: { 'twin-left-out': 1 } });
});

test('queries from two passages need a linker, and have both as positives', async () => {
  await expect(run({ types: { 'multi-hop': 1 } })).rejects.toMatchObject({ code: 'usage', where: 'linker' });
  const linker = async ({ id }: Passage) => ({
    passage: passages[(Number(id.slice(3)) + 1) % passages.length]!,
    shared: [],
  });
  const { set } = await run({ types: { 'multi-hop': 1 }, linker, count: 2 }, (request) => {
    if (stageOf(request) !== 'query') return goodReply(request);
    const [a, b] = [...asked(request).matchAll(/\b(topic\d+) (item\d+)/g)]
      .slice(-2)
      .map((match) => match[2]!);
    return JSON.stringify({ 'multi-hop search': `which of the two came first, ${a} or ${b} word?` });
  });
  // The judge of this test knows the last word alone: what it says of each passage is not looked at here.
  expect(set.funnel.stage('queries').out).toBeGreaterThan(0);
  expect(set.funnel.stage('queries').rejected['no-linked-passage']).toBeUndefined();
});

test('an unanswerable query has no positive, and nothing is written for it', async () => {
  const { set, requests } = await run(
    { types: { unanswerable: 1 }, count: 2, graded: { model: writerModel().model, share: 1 } },
    (request) =>
      stageOf(request) === 'query'
        ? JSON.stringify({
            'unanswerable search': `who paid for ${block(request, 'passage').split(' ')[1]} in the year nineteen?`,
          })
        : goodReply(request),
  );
  const { examples } = requireComplete(set);
  for (const { passages: graded } of examples) {
    expect(graded.some(({ kind }) => kind === 'positive')).toBe(false);
    // What the judge read to tell is as hard as its score says.
    const read = graded.filter(({ kind, origin }) => kind === 'hard-negative' && origin === 'corpus');
    expect(read).toHaveLength(1);
    for (const { hardness } of read) expect(hardness).toBeLessThan(0.5);
    expect(new Set(graded.map(({ passage }) => passage.id)).size).toBe(graded.length);
    expect(graded.some(({ origin }) => origin.startsWith('generated:'))).toBe(false);
  }
  expect(requests.some((request) => 'schema' in request && stageOf(request) === 'graded')).toBe(false);
});

test.each(['relabel', 'drop'] as const)(
  'an unanswerable query that mining finds an answer to is left out: %s',
  async (onFalseNegative) => {
    // Only what retrieval finds first is read before the query counts; the answer lies further down.
    const answer = 'topic7';
    const writer = writerModel({
      write: (request) =>
        JSON.stringify({
          'unanswerable search': `who paid for ${block(request, 'passage').split(' ')[1]} in the year nineteen?`,
        }),
      label: (request) => {
        const yes = block(request, 'passage').includes(answer);
        return request.replies.map((reply) => (/yes|3/i.test(reply) === yes ? -0.1 : -4));
      },
    });
    const judge = createJudge({ model: writer.model });
    const options = (band: readonly [number, number]) => ({
      writer: { model: writer.model },
      types: { unanswerable: 1 },
      count: 2,
      passages: passages.filter(({ text }) => !text.includes(answer)),
      source: { judge, unanswerable: { retriever, corpus: corpusOf(passages), first: 1 } },
      mining: { retriever, judge, count: 11, random: 0, band, onFalseNegative },
    });
    const { set } = await run(options([2, 12]));
    expect(set.examples).toEqual([]);
    expect(set.stopped).toMatchObject({
      code: 'count-not-reached',
      message: expect.stringMatching(/answerable/),
    });
    const { out, rejected } = set.funnel.stage('judge-source');
    // What is left of those that went on is what repeats another query.
    expect(out).toBe(set.funnel.stage('duplicates').rejected['duplicate-query'] ?? 0);
    expect(rejected.answerable).toBeGreaterThan(0);
    // Where nothing that answers is looked at, it stays.
    const { set: shallow } = await run(options([2, 5]));
    expect(requireComplete(shallow).examples).toHaveLength(2);
  },
);

test('an edit that says what another one says is left out, and so is what repeats the source of an unanswerable query', async () => {
  const both: WriterScript['write'] = (request) =>
    asked(request).includes('First name the fact')
      ? JSON.stringify({
          fact: block(request, 'passage').split(' ')[1],
          passage: block(request, 'passage').replace(/item\d+/, 'something'),
        })
      : goodReply(request);
  const { model } = writerModel({ write: both });
  const judge: Judge = async (_, { id }) => ({
    grade: id.endsWith('-missing') ? 0 : 3,
    score: 0,
    ledgerKeys: [],
  });
  const edits = { model, share: 1, how: ['missing', 'wrong'], judge } as const;
  const { set } = await run(
    { types: { question: 1 }, count: 2, edits, source: { judge }, mining: undefined as never },
    both,
  );
  for (const { passages: all } of requireComplete(set).examples)
    expect(all.map(({ origin, grade }) => [origin, grade])).toEqual([
      ['corpus', 3],
      ['edited:missing', 0],
    ]);
  expect(set.funnel.stage('edits')).toMatchObject({
    in: 4,
    out: 2,
    rejected: { 'exact-duplicate': 2 },
    noted: { missing: 2 },
  });

  const copies = passages.map((passage) => ({ ...passage, text: passages[0]!.text }));
  const none: Judge = async () => ({ grade: 0, score: 0, ledgerKeys: [] });
  const { set: unanswerable } = await run(
    {
      types: { unanswerable: 1 },
      count: 1,
      passages: copies,
      source: { judge: none, unanswerable: { retriever, corpus: corpusOf(copies) } },
      mining: undefined as never,
    },
    (request) =>
      stageOf(request) === 'query'
        ? JSON.stringify({ 'unanswerable search': 'who paid for item0 in the year nineteen?' })
        : goodReply(request),
  );
  expect(requireComplete(unanswerable).examples[0]!.passages).toHaveLength(1);
});

test('edits of the source, for their share of the queries', async () => {
  const writer = writerModel({
    label,
    write: (request) =>
      asked(request).includes('First name the fact')
        ? JSON.stringify({
            fact: block(request, 'passage').split(' ')[1],
            passage: block(request, 'passage').replace(
              /item\d+/,
              asked(request).includes('left out') ? 'something' : 'item99',
            ),
          })
        : goodReply(request),
  });
  const edited = requireComplete(
    await generateSet({
      count: 4,
      seed: 7,
      passages,
      corpus: corpusOf(passages),
      writer: { model: writer.model },
      edits: {
        model: writer.model,
        share: 0.5,
        how: ['missing', 'wrong'],
        judge: createJudge({ model: writer.model }),
      },
      types: { question: 1 },
    }),
  );
  const origins = edited.examples.flatMap(({ passages: all }) => all.map(({ origin }) => origin));
  expect(origins.filter((origin) => origin === 'edited:wrong')).toHaveLength(2);
  for (const { origin, hardness } of edited.examples.flatMap(({ passages: all }) => all)) {
    // A judge reads an edit in which the fact is missing; what it would say of a wrong one means nothing.
    if (origin === 'edited:missing') expect(hardness).toBeLessThan(0.5);
    if (origin === 'edited:wrong') expect(hardness).toBeUndefined();
  }
  // The judge finds the query's last word in none of the edits but those of other words.
  const { in: tried, out, rejected } = edited.funnel.stage('edits');
  expect(tried).toBe(4);
  expect(out + (rejected['still-answers'] ?? 0)).toBe(4);
});

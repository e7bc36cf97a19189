import { describe, expect, test } from 'vitest';
import type { Passage } from '../../../src/core/passage.js';
import { corpusOf } from '../../../src/generate/corpus.js';
import { Funnel } from '../../../src/generate/funnel.js';
import type { Judge } from '../../../src/generate/judge/judge.js';
import { checkSource, countChecked } from '../../../src/generate/queries/check-source.js';
import type { QueryTypeName } from '../../../src/generate/queries/query-types.js';
import type { SourceCheck, VerifiedQuery } from '../../../src/generate/queries/verified.js';
import { writeQuery } from '../../../src/generate/queries/write-queries.js';
import type { Retriever } from '../../../src/retrieval/retriever.js';
import { asked, writerModel } from '../../fixtures/writer-model.js';

const bridge: Passage = { id: 'a', text: 'The Kessel bridge was designed by Ida Brandt and opened in 1931.' };
const teacher: Passage = { id: 'b', text: 'Ida Brandt studied under Otto Lenz at the works in Graz.' };
const other: Passage = { id: 'c', text: 'Trams in Graz run until midnight on most days of the year.' };
const all = [bridge, teacher, other];
const retriever: Retriever = {
  name: 'stub',
  search: async (_, k) => all.map(({ id }, i) => ({ id, score: 3 - i })).slice(0, k),
};
/** Grades by a rule, and remembers what it was asked. */
function judgeBy(rule: (query: string, passage: Passage) => 0 | 1 | 2 | 3 | undefined) {
  const seen: string[] = [];
  const judge: Judge = async (query, passage) => {
    seen.push(`${query.text}|${query.instruction ?? ''}|${passage.id}`);
    return {
      grade: rule(`${query.text} ${query.instruction ?? ''}`, passage),
      score: 0.5,
      ledgerKeys: ['j'],
    };
  };
  return { judge, seen };
}

const replies: Partial<Record<QueryTypeName, object>> = {
  'multi-hop': { 'multi-hop search': 'where did the man who taught the designer of the bridge work?' },
  'follow-up': {
    'asked before': ['who designed the Kessel crossing?'],
    'follow-up search': 'and when was it opened?',
    'the same in full': 'in which year did the Kessel crossing open?',
  },
  unanswerable: { 'unanswerable search': 'how many people cross the Kessel bridge each day?' },
  instructed: {
    'instructed search': 'bridges by women',
    'only passages that': 'name the year of the opening',
  },
  comparison: { 'comparison search': 'are its trams older or younger than the bridge' },
};

async function check(type: QueryTypeName, checks: SourceCheck, linked?: Passage) {
  const writer = writerModel({ write: () => JSON.stringify(replies[type]) });
  const written = await writeQuery({ passage: bridge, type, linked }, { model: writer.model, seed: 7 });
  return { written, writer, checked: await checkSource(written, checks, {}) };
}
const seedsOf = (checked: unknown) => (checked as VerifiedQuery).seeds;
const gradesOf = (checked: unknown) =>
  seedsOf(checked).map(({ passages }) =>
    passages.map(({ passage, grade, kind }) => [passage.id, grade, kind]),
  );

describe('multi-hop', () => {
  test('shows both passages, and both are positives', async () => {
    const { judge } = judgeBy((_, { id }) => (id === 'a+b' ? 3 : 1));
    const { checked, writer } = await check(
      'multi-hop',
      { judge, roundTrip: { retriever, first: 2 } },
      teacher,
    );
    expect(asked(writer.requests[0]!)).toMatch(
      /designed by Ida Brandt and opened in 1931[\s\S]*Otto Lenz at the works/,
    );
    expect(gradesOf(checked)).toEqual([
      [
        ['a', 2, 'positive'],
        ['b', 2, 'positive'],
      ],
    ]);
    expect(seedsOf(checked)[0]!.query.metadata).toMatchObject({
      type: 'multi-hop',
      source: 'a',
      linked: 'b',
    });
  });

  test.each<[string, Partial<SourceCheck>, string]>([
    ['the second is not found', { roundTrip: { retriever, first: 1 } }, 'linked-not-found'],
    ['one passage adds nothing', judgeBy((_, { id }) => (id === 'b' ? 0 : 3)), 'one-passage-enough'],
    ['both together do not answer', judgeBy(() => 1), 'judged-1'],
    ['the judge cannot tell', judgeBy(() => undefined), 'judge-unknown'],
    [
      'the judge refuses',
      { judge: async () => ({ grade: undefined, score: undefined, reason: 'refused', ledgerKeys: [] }) },
      'judge-unknown:refused',
    ],
  ])('is left out where %s', async (_, checks, reason) => {
    expect((await check('multi-hop', checks, teacher)).checked).toMatchObject({ reason });
  });

  test('costs no call without a second passage', async () => {
    const { written, writer } = await check('multi-hop', {});
    expect(written).toEqual({ reason: 'no-linked-passage', ledgerKeys: [] });
    expect(writer.requests).toEqual([]);
  });
});

test('a follow-up is the conversation; retrieval and judge get it in full', async () => {
  const { judge, seen } = judgeBy(() => 3);
  const searched: string[] = [];
  const watching: Retriever = {
    name: 'w',
    search: async ({ text }, k) => {
      searched.push(text);
      return retriever.search({ id: 'x', text }, k);
    },
  };
  const { checked } = await check('follow-up', { judge, roundTrip: { retriever: watching, first: 2 } });
  const [{ query, search }] = seedsOf(checked) as [VerifiedQuery['seeds'][number]];
  expect(query.text).toBe('who designed the Kessel crossing?\nand when was it opened?');
  expect(query.metadata).toMatchObject({
    history: ['who designed the Kessel crossing?'],
    standalone: 'in which year did the Kessel crossing open?',
  });
  expect(search.text).toBe('in which year did the Kessel crossing open?');
  expect(searched).toEqual([search.text]);
  expect(seen).toEqual([`${search.text}||a`]);
});

describe('unanswerable', () => {
  const checks = (judge: Judge): SourceCheck => ({
    judge,
    unanswerable: { retriever, corpus: corpusOf(all), first: 3 },
  });

  test('has no positive: its source and what is near are hard negatives', async () => {
    const { judge } = judgeBy((_, { id }) => (id === 'b' ? 1 : 0));
    const { checked } = await check('unanswerable', checks(judge));
    expect(gradesOf(checked)).toEqual([
      [
        ['a', 1, 'hard-negative'],
        ['b', 1, 'hard-negative'],
        ['c', 0, 'hard-negative'],
      ],
    ]);
    expect(seedsOf(checked)[0]!.passages.map(({ origin }) => origin)).toEqual([
      'corpus',
      'mined:stub',
      'mined:stub',
    ]);
  });

  test.each(['a', 'b', 'c'])('is left out where %s answers it', async (answering) => {
    const { judge } = judgeBy((_, { id }) => (id === answering ? 2 : 0));
    expect((await check('unanswerable', checks(judge))).checked).toMatchObject({ reason: 'answerable' });
  });

  test('is never believed unchecked', async () => {
    await expect(check('unanswerable', {})).rejects.toMatchObject({ code: 'usage', where: 'unanswerable' });
    await expect(check('unanswerable', { judge: judgeBy(() => 0).judge })).rejects.toMatchObject({
      code: 'usage',
    });
  });

  test('need not be found again', async () => {
    const { judge } = judgeBy(() => 0);
    const lost: Retriever = { name: 'lost', search: async () => [] };
    const { checked } = await check('unanswerable', {
      ...checks(judge),
      roundTrip: { retriever: lost, first: 5 },
    });
    expect(checked).toMatchObject({ grade: 1 });
  });
});

describe('instructed', () => {
  // What FollowIR asks of a judge: to heed the word "not".
  const heeding = () => judgeBy((query, { id }) => (id !== 'a' ? 0 : /\bnot\b|except/.test(query) ? 0 : 3));

  test('makes twins: one text, instructions that reverse each other, grades that flip', async () => {
    const { checked } = await check('instructed', { judge: heeding().judge });
    const [first, twin] = seedsOf(checked) as [
      VerifiedQuery['seeds'][number],
      VerifiedQuery['seeds'][number],
    ];
    expect(first.query.text).toBe(twin.query.text);
    expect(first.query.instruction).toContain('passages that name the year of the opening');
    expect(twin.query.instruction).toContain('passages that name the year of the opening');
    expect(first.query.instruction).not.toMatch(/\bnot\b|except/);
    expect(twin.query.instruction).toMatch(/\bnot\b|except/);
    expect(first.query.metadata!.twin).toBe(twin.query.id);
    expect(twin.query.metadata).toMatchObject({ twin: first.query.id, reversed: true });
    expect(gradesOf(checked)).toEqual([[['a', 3, 'positive']], [['a', 0, 'hard-negative']]]);
  });

  test('a judge that finds the source relevant both times lets no twins through, unless the rule is trusted', async () => {
    const { judge } = judgeBy(() => 3);
    expect((await check('instructed', { judge })).checked).toMatchObject({ reason: 'not-reversed' });
    expect(gradesOf((await check('instructed', { judge, reversed: 'trust' })).checked)).toEqual([
      [['a', 3, 'positive']],
      [['a', 0, 'hard-negative']],
    ]);
  });
});

test('how hard a query is stands in its metadata', async () => {
  // Of its, tram, older, younger, than and bridge its source holds one.
  const { checked } = await check('comparison', { roundTrip: { retriever, first: 1 } });
  expect(seedsOf(checked)[0]!.query.metadata!.difficulty).toEqual({
    sourceRank: 1,
    depth: 100,
    overlap: 1 / 6,
  });
});

test('the source must be among the first k and no further', async () => {
  const late: Retriever = {
    name: 'late',
    search: async (_, k) => ['c', 'b', 'a'].map((id, i) => ({ id, score: 3 - i })).slice(0, k),
  };
  for (const [first, found] of [
    [1, false],
    [2, false],
    [3, true],
    [4, true],
  ] as const) {
    const { checked } = await check('comparison', { roundTrip: { retriever: late, first } });
    expect('seeds' in checked).toBe(found);
    const funnel = new Funnel();
    countChecked(checked, { roundTrip: { retriever: late, first } }, funnel);
    expect(funnel.stage('round-trip')).toMatchObject(
      found ? { in: 1, out: 1 } : { in: 1, out: 0, rejected: { 'source-not-found': 1 } },
    );
  }
});

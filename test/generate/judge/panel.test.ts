import { describe, expect, test } from 'vitest';
import type { Passage } from '../../../src/core/passage.js';
import { Funnel } from '../../../src/generate/funnel.js';
import { balancedOrders, rotatedOrders } from '../../../src/generate/judge/balanced-orders.js';
import { createBatchJudge, readBatch } from '../../../src/generate/judge/batch-judge.js';
import { createJudge, type Judge } from '../../../src/generate/judge/judge.js';
import { judgeAll, judgePassages } from '../../../src/generate/judge/judge-passages.js';
import { judgementRecord } from '../../../src/generate/judge/judgement-record.js';
import { createListPanel, createPanel } from '../../../src/generate/judge/panel.js';
import { fakeModel } from '../../fixtures/fake-model.js';

const query = { id: 'q', text: 'fleas' };
const passages = (count: number): Passage[] =>
  Array.from({ length: count }, (_, index) => ({ id: `p${index}`, text: `text ${index}` }));
const saying = (reply: string) =>
  createJudge({
    model: fakeModel({ capabilities: { nextToken: 'none' }, generate: () => reply }),
    mode: 'graded',
  });

describe.each([2, 3, 4, 5, 6, 7, 8, 11])('balanced orders of %i', (n) => {
  const count = (pairs: readonly string[]) => {
    const times = new Map<string, number>();
    for (const pair of pairs) times.set(pair, (times.get(pair) ?? 0) + 1);
    return times;
  };
  test('each item at each position, and behind each other one, equally often', () => {
    const rows = balancedOrders(n);
    for (const row of rows) expect([...row].sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
    const places = count(rows.flatMap((row) => row.map((item, at) => `${item} at ${at}`)));
    expect(places.size).toBe(n * n);
    expect(new Set(places.values()).size).toBe(1);
    const behind = count(rows.flatMap((row) => row.slice(1).map((item, at) => `${item} behind ${row[at]}`)));
    expect(behind.size).toBe(n * (n - 1));
    expect(new Set(behind.values()).size).toBe(1);
  });
  test('rotations have each item at each position once', () => {
    const places = count(rotatedOrders(n).flatMap((row) => row.map((item, at) => `${item} at ${at}`)));
    expect([...places.values()]).toEqual(Array(n * n).fill(1));
  });
});

test('one passage is one order, two are both', () => {
  expect(balancedOrders(1)).toEqual([[0]]);
  expect(balancedOrders(2)).toEqual([
    [0, 1],
    [1, 0],
  ]);
  expect(balancedOrders(0)).toEqual([]);
});

describe('a panel', () => {
  const panel = createPanel([
    { name: 'a', judge: saying('##final score: 3') },
    { name: 'b', judge: saying('##final score: 1') },
    { name: 'c', judge: saying('I cannot judge that.') },
  ]);

  test('keeps what each member said, and how far they were apart', async () => {
    const verdict = await panel(query, passages(1)[0]!);
    expect(verdict).toMatchObject({
      grade: 2,
      score: expect.closeTo(2 / 3, 12),
      disagreement: { range: 2, deviation: 1 },
      votes: [
        { judge: 'a', grade: 3 },
        { judge: 'b', grade: 1 },
        { judge: 'c', grade: undefined, reason: 'refused' },
      ],
    });
    const record = JSON.parse(JSON.stringify(judgementRecord({ query, passage: passages(1)[0]!, verdict })));
    expect(record).toMatchObject({ queryId: 'q', passageId: 'p0', grade: 2, source: 'llm' });
    const funnel = new Funnel();
    for await (const _ of judgePassages([{ query, passage: passages(1)[0]! }], { judge: panel, funnel }));
    expect(funnel.stage('judge')).toMatchObject({ out: 1, noted: { 'apart-2': 1 } });
  });

  test('stops where a member’s model is gone: fewer votes than asked for are another panel', async () => {
    const gone: Judge = async () => {
      throw new Error('gone');
    };
    const broken = createPanel([
      { name: 'a', judge: saying('2') },
      { name: 'b', judge: gone },
    ]);
    await expect(broken(query, passages(1)[0]!)).rejects.toThrow('gone');
  });

  test.each([
    ['no member', []],
    [
      'two of one name',
      [
        { name: 'a', judge: panel },
        { name: 'a', judge: panel },
      ],
    ],
    ['no weight', [{ name: 'a', judge: panel, weight: 0 }]],
    [
      'a negative weight',
      [
        { name: 'a', judge: panel, weight: 1 },
        { name: 'b', judge: panel, weight: -1 },
      ],
    ],
    ['a weight that is none', [{ name: 'a', judge: panel, weight: Number.NaN }]],
  ])('of %s is refused', (_, members) => {
    expect(() => createPanel(members)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});

/** Grades the passage shown first 3 and all others 1: nothing but position. */
const byPosition = () =>
  fakeModel({
    generate: ({ messages }) =>
      (messages.at(-1)!.content.match(/^\[\d+\]$/gm) ?? [])
        .map((label, at) => `${label} ##final score: ${at === 0 ? 3 : 1}`)
        .join('\n'),
  });

test.each(['balanced', 'rotations'] as const)('%s orders take a position’s favour off', async (orders) => {
  for (const n of [1, 2, 3, 4, 5]) {
    const model = byPosition();
    const verdicts = await createBatchJudge({ model, orders })(query, passages(n));
    expect(model.seen).toHaveLength((orders === 'balanced' ? balancedOrders(n) : rotatedOrders(n)).length);
    expect(new Set(verdicts.map(({ score }) => score?.toFixed(9))).size).toBe(1);
    for (const { disagreement } of verdicts) expect(disagreement?.range).toBe(n === 1 ? 0 : 2);
  }
  const [first, second] = await createBatchJudge({ model: byPosition(), orders: 'one' })(query, passages(2));
  expect([first!.grade, second!.grade]).toEqual([3, 1]);
});

test('a batch’s grades follow the passage, not the label', async () => {
  const model = fakeModel({
    generate: ({ messages }) =>
      [...messages.at(-1)!.content.matchAll(/^\[(\d+)\]\n<passage>\ntext (\d+)/gm)]
        .map(([, label, text]) => `[${label}] ##final score: ${Number(text) % 4}`)
        .join('\n'),
  });
  const verdicts = await createBatchJudge({ model })(query, passages(5));
  expect(verdicts.map(({ grade }) => grade)).toEqual([0, 1, 2, 3, 0]);
  for (const { disagreement } of verdicts) expect(disagreement).toEqual({ range: 0, deviation: 0 });
  await expect(createBatchJudge({ model })(query, passages(21))).rejects.toThrow(RangeError);
});

test.each<[string, string, 'stop' | 'length', (number | string)[]]>([
  ['lines', '[1] ##final score: 2\n[2] ##final score: 0', 'stop', [2, 0]],
  ['another order', '[2] ##final score: 0\n[1] ##final score: 2', 'stop', [2, 0]],
  ['markdown', '- **[1]** ##final score: 2\n- **[2]**: 1', 'stop', [2, 1]],
  ['bare numbers', '[1] 3\n[2] 1', 'stop', [3, 1]],
  ['a missing line', '[1] ##final score: 2', 'stop', [2, 'unparsed']],
  ['a repeated line', '[1] 2\n[2] 1\n[1] 2', 'stop', [2, 1]],
  ['a line that differs', '[1] 2\n[2] 1\n[1] 3', 'stop', ['two-scores', 1]],
  ['out of range', '[1] 5\n[2] 1', 'stop', ['out-of-range', 1]],
  ['cut off', '[1] 2\n[2] 1', 'length', [2, 'cut-off']],
  ['cut off before', '[1] 2\n', 'length', [2, 'cut-off']],
  ['thinking', '<think>[1] 0\n[2] 0</think>[1] 2\n[2] 3', 'stop', [2, 3]],
  ['a refusal', 'I cannot rate these.', 'stop', ['refused', 'refused']],
  ['nothing', '', 'stop', ['empty', 'empty']],
  ['other labels', '[11] 2\n[12] 1', 'stop', ['unparsed', 'unparsed']],
])('a batch reply with %s', (_, text, finish, expected) => {
  expect(readBatch({ text, finish }, 2).map(({ grade, reason }) => grade ?? reason)).toEqual(expected);
});

test('pairs of one query are judged in batches, in their order, by a panel of list judges', async () => {
  const sizes: number[] = [];
  const judge = createListPanel([
    {
      name: 'a',
      judge: async (_, shown) => {
        sizes.push(shown.length);
        return shown.map(({ id }) => ({ grade: 3, score: 1, ledgerKeys: [id] }));
      },
    },
    { name: 'b', judge: async (_, shown) => shown.map(() => ({ grade: 0, score: 0, ledgerKeys: [] })) },
  ]);
  const pairs = [
    ...passages(5).map((passage) => ({ query, passage })),
    ...passages(2).map((passage) => ({ query: { id: 'r', text: 'lice' }, passage })),
  ];
  const done: number[] = [];
  const seen = [];
  const options = {
    judge,
    batch: 3,
    total: 7,
    onProgress: (progress: { done: number }) => done.push(progress.done),
  };
  for await (const { query: of, passage, verdict } of judgeAll(pairs, options)) {
    expect(verdict).toMatchObject({ grade: 2, disagreement: { range: 3 }, ledgerKeys: [passage.id] });
    seen.push([of.id, passage.id]);
  }
  expect(seen).toEqual(pairs.map(({ query: of, passage }) => [of.id, passage.id]));
  expect(sizes).toEqual([3, 2, 2]);
  expect(done).toEqual([3, 5, 7]);
});

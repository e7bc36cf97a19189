import { expect, test } from 'vitest';
import type { Grade } from '../../../src/core/judgement.js';
import { randomStream } from '../../../src/core/random.js';
import { cohenKappa } from '../../../src/evaluate/agreement/kappa.js';
import { krippendorffAlpha } from '../../../src/evaluate/agreement/krippendorff-alpha.js';
import type { JudgementRecord } from '../../../src/generate/judge/judgement-record.js';
import { agreementRows } from '../../../src/pipeline/report/agreement.js';

const record = (
  queryId: string,
  passageId: string,
  grade: number | null,
  votes?: JudgementRecord['votes'],
): JudgementRecord => ({
  queryId,
  passageId,
  grade: grade as Grade | null,
  score: grade === null ? null : grade / 3,
  source: 'llm',
  ledgerKeys: [],
  ...(votes && { votes }),
});

test('written passages count as they were first written, dropped ones too, unknown ones not', () => {
  const records = ['q1', 'q2', 'q3'].flatMap((id) => [
    record(id, `${id}-level3`, 3),
    record(id, `${id}-level2`, 1),
    record(id, `${id}-level2`, 2), // rewritten
    record(id, `${id}-level1`, 1),
    record(id, `${id}-level0`, id === 'q1' ? null : 0),
    record(id, 'mined', 0),
  ]);
  const [row, ...rest] = agreementRows(records, { seed: 1 });
  expect(rest).toEqual([]);
  expect(row).toMatchObject({
    between: expect.stringContaining('writer'),
    pairs: 11,
    queries: 3,
    same: 8 / 11,
  });
  const levels = [3, 2, 1, 3, 2, 1, 0, 3, 2, 1, 0];
  const judged = [3, 1, 1, 3, 1, 1, 0, 3, 1, 1, 0];
  const scale = { weights: 'quadratic', categories: [0, 1, 2, 3] } as const;
  expect(row!.kappa!.value).toBeCloseTo(cohenKappa(judged, levels, scale)!, 12);
  // Three queries are too few for an interval.
  expect(row!.kappa!.low).toBeUndefined();
});

test("people's grades count where they judged the same pair, on the same scale", () => {
  const people = new Map([
    [
      'q1',
      new Map([
        ['a', 3],
        ['b', -1],
        ['c', 7],
      ]),
    ],
    ['q2', new Map([['a', 1]])],
  ]);
  const records = [
    record('q1', 'a', 3),
    record('q1', 'b', 0),
    record('q1', 'c', 3),
    record('q2', 'a', 3),
    record('q3', 'a', 1),
  ];
  const [row] = agreementRows(records, { people, seed: 1 });
  expect(row).toMatchObject({ between: 'judge and people', pairs: 3, queries: 2, same: 2 / 3 });
});

test('members of a panel two by two, and all together', () => {
  const random = randomStream(5);
  const names = ['one', 'two', 'three'];
  const given: (number | undefined)[][] = [[], [], []];
  const records = Array.from({ length: 60 }, (_, index) => {
    const base = random.int(4);
    const votes = names.map((judge, member) => {
      const grade =
        member === 2 && index % 5 === 0 ? undefined : Math.min(3, base + (random.int(3) === 0 ? 1 : 0));
      given[member]!.push(grade);
      return { judge, grade: grade as Grade | undefined, score: undefined };
    });
    return record(`q${index % 10}`, `p${index}`, base, votes);
  });
  const rows = agreementRows(records, { seed: 1 });
  expect(rows.map(({ between, pairs }) => [between, pairs])).toEqual([
    ['one and two', 60],
    ['one and three', 48],
    ['two and three', 48],
    ['all 3 members of the panel', 60],
  ]);
  expect(rows[0]!.alpha.value).toBeCloseTo(krippendorffAlpha(given.slice(0, 2))!, 12);
  const all = rows.at(-1)!;
  expect(all.alpha.value).toBeCloseTo(krippendorffAlpha(given)!, 12);
  expect(all.kappa).toBeUndefined();
  expect(all.alpha.low!).toBeLessThan(all.alpha.value!);
});

test('nothing judged twice is nothing to report', () => {
  expect(agreementRows([record('q', 'p', 2)], { seed: 1 })).toEqual([]);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ReadOptions } from '../../src/formats/bad-line.js';
import { type FeatureRows, readSvmlight } from '../../src/formats/svmlight.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rankforge-svmlight-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const file = (content: string, name = 'rows.txt'): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
async function read(path: string, options: ReadOptions = {}): Promise<FeatureRows[]> {
  const queries: FeatureRows[] = [];
  for await (const query of readSvmlight(path, options)) queries.push(query);
  return queries;
}

test('LETOR lines, with the ids that their comments name', async () => {
  const path = file(
    '# made by hand\n2 qid:10 1:0.5 3:-1e-2 #docid = GX1 inc = 1\n0 qid:10 2:7 # nothing\n\n1 qid:a/b 46:1\n',
  );
  expect(await read(path)).toEqual([
    {
      queryId: '10',
      rows: [
        { label: 2, queryId: '10', columns: [1, 3], values: [0.5, -0.01], id: 'GX1' },
        { label: 0, queryId: '10', columns: [2], values: [7], id: '2' },
      ],
    },
    { queryId: 'a/b', rows: [{ label: 1, queryId: 'a/b', columns: [46], values: [1], id: '1' }] },
  ]);
});

test("without qid the sizes lie beside, as LightGBM's do", async () => {
  // The sizes count rows: lines of comments and blank ones are none.
  const path = file('# two queries\n1 0:1\n\n0 0:2\n3\n');
  file('2\n1\n', 'rows.txt.query');
  expect((await read(path)).map(({ queryId, rows }) => [queryId, rows.length])).toEqual([
    ['1', 2],
    ['2', 1],
  ]);
  file('2\n2\n', 'rows.txt.query');
  await expect(read(path)).rejects.toMatchObject({
    code: 'bad-file',
    message: expect.stringMatching(/4 rows/),
  });
  file('2\nx\n', 'rows.txt.query');
  await expect(read(path)).rejects.toMatchObject({ code: 'bad-line', where: `${path}.query:2` });
});

const good = '1 qid:1 1:1\n';
test.each([
  ['a label that is no number', 'high qid:1 1:1', 'bad-line', /label "high"/],
  ['a label that is NaN', 'nan qid:1 1:1', 'bad-line', /label/],
  ['an infinite feature', '1 qid:1 1:inf', 'bad-line', /feature 1 is "inf"/],
  ['a feature without value', '1 qid:1 1:', 'bad-line', /feature 1/],
  ['a feature without number', '1 qid:1 x:1', 'bad-line', /"x:1"/],
  ['a negative feature number', '1 qid:1 -1:1', 'bad-line', /"-1:1"/],
  ['a feature twice', '1 qid:1 1:1 1:2', 'bad-line', /feature 1 is out of order or there twice/],
  ['no query', '1 1:1', 'bad-line', /names no query/],
  ['a query that comes back', '1 qid:2 1:1\n1 qid:1 1:3', 'duplicate-id', /line 1 already/],
])('%s is told with its line, or skipped and handed over', async (_what, bad, code, message) => {
  const path = file(`${good}${bad}\n`);
  const line = 1 + bad.split('\n').length;
  await expect(read(path)).rejects.toMatchObject({
    code,
    where: `${path}:${line}`,
    message: expect.stringMatching(message),
  });
  const skipped: number[] = [];
  const queries = await read(path, { onBadLine: (one) => skipped.push(one.line) });
  expect(skipped).toEqual([line]);
  expect(queries[0]!.rows).toHaveLength(1);
});

test('what is written is read, whatever the numbers', async () => {
  // The file has no sign for minus nought, which is nought to every measure: + 0 takes it away.
  const value = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);
  const row = fc.record({
    label: fc.integer({ min: 0, max: 4 }),
    values: fc
      .uniqueArray(fc.nat(300))
      .chain((columns) => fc.tuple(...columns.map((column) => fc.tuple(fc.constant(column), value)))),
  });
  const queries = fc.array(fc.array(row, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(queries, async (given) => {
      const sorted = given.map((rows) =>
        rows.map(({ label, values }) => ({ label, values: [...values].sort(([a], [b]) => a - b) })),
      );
      const path = file(
        sorted
          .flatMap((rows, q) =>
            rows.map(
              ({ label, values }) => `${label} qid:${q} ${values.map(([k, x]) => `${k}:${x}`).join(' ')}\n`,
            ),
          )
          .join(''),
      );
      const back = (await read(path)).map(({ rows }) =>
        rows.map(({ label, columns, values }) => ({ label, values: columns.map((k, i) => [k, values[i]]) })),
      );
      expect(back).toEqual(sorted);
    }),
    { numRuns: 30 },
  );
});

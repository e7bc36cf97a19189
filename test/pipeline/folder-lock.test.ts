import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from '../../src/pipeline/folder-lock.js';
import { runStages, type Stage } from '../../src/pipeline/stage.js';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'rankforge-lock-')), 'out');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const waitingStage = (until: () => Promise<void>): Stage => ({
  name: 'one',
  after: [],
  settings: {},
  async run() {
    await until();
    return {};
  },
});
const lock = (): string => join(folder, '.lock');

test('a folder is held by one run at a time, and free again after it', async () => {
  let go = () => {};
  let first: Promise<unknown> | undefined;
  await new Promise<void>((started) => {
    const stage = waitingStage(() => {
      started();
      return new Promise((resolve) => {
        go = resolve;
      });
    });
    first = runStages([stage], folder);
  });
  const stage = waitingStage(async () => {});
  await expect(runStages([stage], folder)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(`process ${process.pid}`),
  });
  go();
  await first;
  expect(existsSync(lock())).toBe(false);
  await (await lockFolder(folder))[Symbol.asyncDispose]();
});

test('another process that runs keeps it, one that was killed does not', async () => {
  await (await lockFolder(folder))[Symbol.asyncDispose]();
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(other, 'spawn');
  writeFileSync(lock(), JSON.stringify({ pid: other.pid, host: hostname() }));
  await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'usage', where: folder });
  other.kill('SIGKILL');
  await once(other, 'exit');
  await (await lockFolder(folder))[Symbol.asyncDispose]();
});

test.each([
  ['an earlier process of the same number', () => JSON.stringify({ pid: process.pid, host: hostname() })],
  ['another machine', () => JSON.stringify({ pid: 1, host: 'elsewhere' })],
  ['half a lock', () => '{"pid":'],
])('%s does not keep it', async (_, text) => {
  await (await lockFolder(folder))[Symbol.asyncDispose]();
  writeFileSync(lock(), text());
  await (await lockFolder(folder))[Symbol.asyncDispose]();
  expect(existsSync(lock())).toBe(false);
});

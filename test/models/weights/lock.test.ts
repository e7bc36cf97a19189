import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { withLock } from '../../../src/models/weights/lock.js';

const folder = mkdtempSync(join(tmpdir(), 'rankforge-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('one holder at a time, and nothing is left behind', async () => {
  const path = join(folder, 'one');
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 5 }, () =>
      withLock(path, async () => {
        most = Math.max(most, ++inside);
        await sleep(20);
        inside--;
      }),
    ),
  );
  expect(most).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

test('a task that fails gives the lock back', async () => {
  const path = join(folder, 'failed');
  await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(path, async () => 'next')).toBe('next');
});

test('the lock of a killed process is taken over', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.on('exit', resolve));
  const path = join(folder, 'killed');
  writeFileSync(path, JSON.stringify({ pid: child.pid, host: hostname(), id: 'x' }));
  expect(await withLock(path, async () => 'taken over')).toBe('taken over');
});

test('waiting ends with the signal', async () => {
  const path = join(folder, 'waiting');
  const controller = new AbortController();
  let release: () => void = () => undefined;
  const held = withLock(path, () => new Promise<void>((resolve) => (release = resolve)));
  await sleep(20);
  const waiting = withLock(path, async () => 'never', { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('stop')), 50);
  await expect(waiting).rejects.toThrow('stop');
  release();
  await held;
});

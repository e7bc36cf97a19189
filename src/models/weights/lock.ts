import { randomUUID } from 'node:crypto';
import { type FileHandle, link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { wait } from '../../core/wait.js';

const heartbeatMs = 5_000;
// Six missed heartbeats: the holder is gone, also where its process id says nothing (another machine, a reused id).
const staleMs = 30_000;

/**
 * Runs a task while holding a lock file, so that processes do one thing one at a time. A holder that was killed
 * blocks nobody: its lock is taken over once its process is gone or its heartbeat has stopped.
 * @throws file system errors, the signal's reason, and what the task throws
 */
export async function withLock<T>(
  path: string,
  task: () => Promise<T>,
  { signal }: { signal?: AbortSignal } = {},
): Promise<T> {
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  while (!(await take(path, mine))) {
    await removeStale(path);
    await wait(100 + Math.random() * 100, signal);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, heartbeatMs);
  heartbeat.unref();
  try {
    return await task();
  } finally {
    clearInterval(heartbeat);
    const content = await readFile(path, 'utf8').catch(() => undefined);
    if (content === mine) await rm(path, { force: true });
  }
}

async function take(path: string, content: string): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    await file.writeFile(content);
    return true;
  } catch (error) {
    // A full disk: an empty lock would keep the next try waiting until it is stale.
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function removeStale(path: string): Promise<void> {
  const seen = await readLock(path);
  if (!seen || !isStale(seen)) return;
  // Renaming is atomic: of several processes that find the same stale lock, one moves it away.
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => undefined);
  // Another process may have replaced the stale lock since it was read: its new one goes back.
  const moved = await readFile(aside, 'utf8').catch(() => undefined);
  if (moved !== undefined && moved !== seen.text) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

interface SeenLock {
  readonly text: string;
  readonly ageMs: number;
  readonly pid?: number;
  readonly host?: string;
}

async function readLock(path: string): Promise<SeenLock | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const ageMs = Date.now() - mtimeMs;
    try {
      return { ...(JSON.parse(text) as { pid: number; host: string }), text, ageMs };
    } catch {
      // Written by a process that was killed between creating and filling it, or being written just now.
      return { text, ageMs };
    }
  } catch {
    return undefined;
  }
}

function isStale({ ageMs, pid, host }: SeenLock): boolean {
  if (ageMs > staleMs) return true;
  if (host !== hostname() || pid === undefined || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

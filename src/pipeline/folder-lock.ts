import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { fromFileError, RankforgeError } from '../core/errors.js';
import { makeFolder } from '../core/make-folder.js';

const name = '.lock';

/** Folders that this process holds: a lock with its number and no entry here is of an earlier process of that number. */
const held = new Set<string>();

/**
 * Holds a folder, made if absent, for one run until it is disposed: two that write into one would take each other's files for
 * their own. A lock whose process has ended, however it did, or that another machine left, is taken over.
 * @throws RankforgeError `usage` where another run holds it; `no-permission`, `disk-full`
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  const key = resolve(folder);
  const path = join(folder, name);
  if (held.has(key)) throw inUse(folder, process.pid);
  held.add(key);
  try {
    await makeFolder(folder);
    if (!(await write(path))) {
      const owner = await ownerOf(path);
      if (owner !== undefined && owner !== process.pid && isRunning(owner)) throw inUse(folder, owner);
      await rm(path, { force: true });
      if (!(await write(path))) throw inUse(folder, (await ownerOf(path)) ?? 0);
    }
  } catch (error) {
    held.delete(key);
    throw fromFileError(error, folder);
  }
  return {
    async [Symbol.asyncDispose]() {
      held.delete(key);
      await rm(path, { force: true });
    },
  };
}

/** @returns whether there was no lock */
async function write(path: string): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The process of this machine that wrote a lock; a lock that cannot be read was cut off when it was written. */
async function ownerOf(path: string): Promise<number | undefined> {
  try {
    const { pid, host } = JSON.parse(await readFile(path, 'utf8')) as { pid?: unknown; host?: unknown };
    return host === hostname() && Number.isInteger(pid) ? (pid as number) : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process is one all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const inUse = (folder: string, pid: number): RankforgeError =>
  new RankforgeError('usage', `Another run is working in ${folder}, process ${pid}`, {
    where: folder,
    hint: (spell) =>
      `Wait for it or stop it, or give another folder with ${spell('out')}; if there is no such run, remove ${name} there.`,
  });

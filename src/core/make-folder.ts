import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it; one that is there is fine. Node's own `recursive` never returns where a folder cannot
 * be made under one that exists, as in `/proc`.
 * @throws the file system's error: `ENOTDIR` where a file stands in the way
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(path) !== path) {
      await makeFolder(dirname(path));
      await mkdir(path).catch((again) => isFolder(path, again));
    } else await isFolder(path, error);
  }
}

/** Somebody else may have made it meanwhile, and a root or a mounted folder refuses to be made in words of its own. */
async function isFolder(path: string, error: unknown): Promise<void> {
  if (!(await stat(path).catch(() => undefined))?.isDirectory()) throw error;
}

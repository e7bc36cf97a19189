import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fromFileError } from '../../core/errors.js';
import { makeFolder } from '../../core/make-folder.js';

/**
 * Makes a whole folder or nothing: filled beside its place, then renamed into it. A folder that was there is gone once the new
 * one stands.
 * @throws RankforgeError `disk-full`, `no-permission`, `missing-file`, and whatever `fill` throws; what was there stays then
 */
export async function fillFolder<T>(folder: string, fill: (temporary: string) => Promise<T>): Promise<T> {
  const mark = `${process.pid}-${randomBytes(4).toString('hex')}`;
  const [temporary, old] = [`${folder}.${mark}.tmp`, `${folder}.${mark}.old`];
  try {
    await makeFolder(dirname(folder));
    await mkdir(temporary);
    const result = await fill(temporary);
    await rename(folder, old).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(temporary, folder);
    return result;
  } catch (error) {
    throw fromFileError(error, folder);
  } finally {
    // Where removing fails too, the first error is the one to tell.
    for (const path of [temporary, old]) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

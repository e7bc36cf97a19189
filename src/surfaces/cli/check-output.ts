import { access, constants, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fromFileError, RankforgeError } from '../../core/errors.js';
import { makeFolder } from '../../core/make-folder.js';

/**
 * Whether a file can be written, before hours of work end in its refusal. Its folder is made where it is not there.
 * @throws RankforgeError `no-permission`, `missing-file`, `bad-file` for a folder in its place
 */
export async function checkOutput(path: string): Promise<void> {
  try {
    await makeFolder(dirname(path));
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) {
      throw new RankforgeError('bad-file', `There is a folder where the output should go: ${path}`, {
        where: path,
        hint: 'Name a file with --out.',
      });
    }
    if (found) await access(path, constants.W_OK);
    // A file is written beside its place and renamed into it; a device or a pipe in place.
    if (!found || found.isFile()) await access(dirname(path), constants.W_OK);
  } catch (error) {
    throw fromFileError(error, path);
  }
}

/**
 * Whether a folder can be filled: it is made where it is not there, and one with files is taken only where `marker` says
 * that they are an earlier output.
 * @throws RankforgeError `no-permission`, `missing-file`, `bad-file` for a file in its place or files of another hand
 */
export async function checkOutputFolder(path: string, marker: string): Promise<void> {
  try {
    await makeFolder(path);
    await access(path, constants.W_OK);
    const names = await readdir(path);
    if (names.length === 0 || names.includes(marker)) return;
    throw new RankforgeError('bad-file', `${path} holds other files, and no ${marker} of an earlier run`, {
      where: join(path, names[0]!),
      hint: 'Name a new folder with --out.',
    });
  } catch (error) {
    throw fromFileError(error, path);
  }
}

import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fromFileError, RankforgeError } from '../../core/errors.js';

/**
 * Whether a file can be written, before hours of work end in its refusal. Its folder is made where it is not there.
 * @throws RankforgeError `no-permission`, `missing-file`, `bad-file` for a folder in its place
 */
export async function checkOutput(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) {
      throw new RankforgeError('bad-file', `There is a folder where the output should go: ${path}`, {
        where: path,
        hint: 'Name a file with --out.',
      });
    }
    await access(found ? path : dirname(path), constants.W_OK);
  } catch (error) {
    throw fromFileError(error, path);
  }
}

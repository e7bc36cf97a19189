import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { fromFileError, RankforgeError } from '../core/errors.js';
import { atomicWrite } from '../formats/atomic-write.js';

/** Writes what was fitted on judged data, as JSON. @throws RankforgeError `disk-full`, `no-permission` */
export const writeFitted = (path: string, fitted: object): Promise<void> =>
  atomicWrite(path, `${JSON.stringify(fitted, null, 2)}\n`);

/**
 * Reads what `writeFitted` wrote.
 * @param what it is, in words, for the error
 * @throws RankforgeError `missing-file`; `bad-file` for one that is not this
 */
export async function readFitted<T>(path: string, schema: z.ZodType<T>, what: string): Promise<T> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw error instanceof SyntaxError ? notOne(path, what, error.message) : fromFileError(error, path);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw notOne(path, what, z.prettifyError(result.error));
}

const notOne = (path: string, what: string, why: string): RankforgeError =>
  new RankforgeError('bad-file', `${path} is no ${what}: ${why}`, {
    where: path,
    hint: 'Fit it again with this release, or give the right file.',
  });

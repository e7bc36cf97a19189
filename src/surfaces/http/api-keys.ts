import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fromFileError, RankforgeError } from '../../core/errors.js';

/** Whether a request may pass, by its Authorization header. */
export type KeyCheck = (authorization: string | undefined) => boolean;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * A check for `Bearer KEY`. Only digests are kept, every key is compared each time and in constant time, so neither a
 * dump nor the clock tells one.
 */
export function createKeyCheck(keys: readonly string[]): KeyCheck {
  const known = keys.map(digest);
  return (authorization = '') => {
    const given = digest(/^bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '');
    return known.reduce((found, key) => timingSafeEqual(key, given) || found, false);
  };
}

/**
 * Keys of a file, one a line; empty lines and lines that begin with # are left out.
 * @throws RankforgeError `missing-file`, `no-permission`; `bad-file` where there is none, or one with a space in it
 */
export async function readApiKeys(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw fromFileError(error, path);
  }
  const keys = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length > 0 && keys.every((key) => /^\S+$/.test(key))) return keys;
  // The line itself is not shown: it may be most of a key.
  throw new RankforgeError('bad-file', `${path} holds no API keys, or one with a space in it`, {
    where: path,
    hint: 'Write one key a line; lines that begin with # are comments.',
  });
}

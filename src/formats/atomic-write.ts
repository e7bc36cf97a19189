import { randomBytes } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fromFileError } from '../core/errors.js';
import { makeFolder } from '../core/make-folder.js';

/** What a file may be written from: all at once, or piece by piece with flat memory. */
export type FileContent =
  | string
  | Uint8Array
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>;

const bufferedCharacters = 1 << 18;

/**
 * Writes a whole file or nothing: into a temporary file beside it, flushed to disk, then renamed over it. Folders on
 * the way are made. A device or a pipe is written in place.
 * @throws RankforgeError `disk-full`, `no-permission`, `missing-file`, `bad-file`; what was there before stays as it was
 */
export async function atomicWrite(
  path: string,
  content: FileContent,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  const temporary = (await isSpecialFile(path))
    ? undefined
    : `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    if (temporary !== undefined) await makeFolder(dirname(path));
    const file = await open(temporary ?? path, temporary === undefined ? 'w' : 'wx');
    try {
      for await (const block of inBlocks(content)) {
        options.signal?.throwIfAborted();
        await file.writeFile(block);
      }
      if (temporary !== undefined) await file.sync();
    } finally {
      await file.close();
    }
    if (temporary !== undefined) await rename(temporary, path);
  } catch (error) {
    // Where removing fails too, the first error is the one to tell.
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => {});
    throw fromFileError(error, path);
  }
}

async function isSpecialFile(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    return !found.isFile() && !found.isDirectory();
  } catch {
    return false;
  }
}

/** Small pieces joined into blocks, so that a million short lines are not a million writes. */
async function* inBlocks(content: FileContent): AsyncGenerator<string | Uint8Array> {
  if (typeof content === 'string' || content instanceof Uint8Array) {
    yield content;
    return;
  }
  let text = '';
  for await (const piece of content) {
    if (typeof piece === 'string') {
      text += piece;
      if (text.length < bufferedCharacters) continue;
      yield text;
      text = '';
    } else {
      if (text !== '') yield text;
      text = '';
      yield piece;
    }
  }
  if (text !== '') yield text;
}

import { readdir, readFile, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fromFileError, RankforgeError } from '../../core/errors.js';
import { atomicWrite } from '../../formats/atomic-write.js';
import type { ReaderKind, TextReader } from './text-reader.js';

/** Writes a reader's files, in place of what was in the folder. @throws RankforgeError `disk-full`, `no-permission` */
export async function saveReader(folder: string, { files }: TextReader): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const [name, content] of files) await atomicWrite(join(folder, name), content);
}

/** Reads what `saveReader` wrote. @throws RankforgeError `bad-file` for a folder that is missing or empty */
export async function loadReader(folder: string, kind: ReaderKind): Promise<TextReader> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = new Map<string, Uint8Array>();
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(path.slice(folder.length + 1).replaceAll(sep, '/'), await readFile(path));
    }
    if (files.size > 0) return { kind, files };
  } catch (error) {
    const known = fromFileError(error, folder);
    if (!(known instanceof RankforgeError) || known.code !== 'missing-file') throw known;
  }
  throw new RankforgeError('bad-file', `The student reads texts, and ${folder} is missing`, {
    where: folder,
    hint: 'Copy the whole folder, or distil again.',
  });
}

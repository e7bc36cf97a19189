import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { JobOptions } from '../../core/progress.js';

const Marker = z.object({
  files: z.record(z.string(), z.object({ size: z.number(), mtimeMs: z.number(), sha256: z.string() })),
});

/** Which files were hashed, and their size and time of change then: a second open need not read a gigabyte again. */
export type VerifiedFiles = z.infer<typeof Marker>['files'];

/** What a marker file says; empty where there is none or it cannot be read. */
export async function readVerified(path: string): Promise<VerifiedFiles> {
  try {
    return Marker.parse(JSON.parse(await readFile(path, 'utf8'))).files;
  } catch {
    return {};
  }
}

/** Writes a marker file, whole or not at all. @throws file system errors */
export async function writeVerified(path: string, files: VerifiedFiles): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify({ files }, null, 2)}\n`);
  await rename(temporary, path);
}

/** The SHA-256 remembered of a file, or undefined where the file has changed since. */
export async function rememberedHash(
  path: string,
  files: VerifiedFiles,
  name: string,
): Promise<string | undefined> {
  const known = Object.hasOwn(files, name) ? files[name] : undefined;
  if (!known) return undefined;
  const found = await stat(path).catch(() => undefined);
  return found?.size === known.size && found.mtimeMs === known.mtimeMs ? known.sha256 : undefined;
}

/** Hashes a file, reporting bytes. @throws file system errors, the signal's reason */
export async function hashFile(
  path: string,
  stage: string,
  { signal, onProgress }: JobOptions = {},
): Promise<string> {
  const { size } = await stat(path);
  const hash = createHash('sha256');
  let done = 0;
  for await (const block of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    signal?.throwIfAborted();
    hash.update(block);
    done += block.length;
    onProgress?.({ stage, done, total: size, unit: 'bytes' });
  }
  return hash.digest('hex');
}

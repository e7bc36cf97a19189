import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { fromFileError, RankforgeError } from '../core/errors.js';
import { makeFolder } from '../core/make-folder.js';
import type { Passage } from '../core/passage.js';
import type { Corpus } from './corpus.js';
import { KeyTable } from './hygiene/key-table.js';

const StoredPassage = z.object({
  id: z.string(),
  text: z.string(),
  title: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

/** A corpus in a file of its own: memory holds its ids and about 50 bytes a passage, and no text. */
export interface DiskCorpus extends Corpus, AsyncDisposable {
  /**
   * Passes passages on and keeps each, so that one reading fills an index and the corpus. The first of several passages
   * with one id counts.
   * @throws RankforgeError `disk-full`
   */
  keep(passages: AsyncIterable<Passage> | Iterable<Passage>): AsyncGenerator<Passage>;
  get(id: string): Promise<Passage | undefined>;
}

const flushBytes = 1 << 20;

/**
 * A corpus that lies on disk while it is drawn from. The file is made anew, and removed on disposal.
 * @throws RankforgeError `no-permission`
 */
export async function createDiskCorpus(path: string): Promise<DiskCorpus> {
  const file = await openNew(path);
  const ids: string[] = [];
  const numbers = new KeyTable();
  /** Where each passage begins, and the end of the last: 8 bytes each, doubled as they fill. */
  let starts = new Float64Array(1024);
  let written = 0;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;

  const flush = async (): Promise<void> => {
    if (waitingBytes === 0) return;
    const bytes = Buffer.concat(waiting, waitingBytes);
    waiting = [];
    waitingBytes = 0;
    try {
      await file.write(bytes, 0, bytes.length, written);
    } catch (error) {
      throw fromFileError(error, path);
    }
    written += bytes.length;
  };

  const read = async (number: number): Promise<Passage> => {
    const bytes = Buffer.alloc(starts[number + 1]! - starts[number]!);
    await file.read(bytes, 0, bytes.length, starts[number]!);
    try {
      return StoredPassage.parse(JSON.parse(bytes.toString('utf8')));
    } catch (cause) {
      throw new RankforgeError('bad-file', `Passage ${ids[number]} cannot be read back from ${path}`, {
        where: path,
        hint: 'Another program has changed the file: run the same command again.',
        cause,
      });
    }
  };

  const find = async (id: string): Promise<Passage | undefined> => {
    const [high, low] = keyOf(id);
    const found: number[] = [];
    numbers.forEach(high, low, (number) => found.push(number));
    for (const number of found) if (ids[number] === id) return read(number);
    return undefined;
  };

  const knows = (id: string, high: number, low: number): boolean => {
    let known = false;
    numbers.forEach(high, low, (number) => {
      known ||= ids[number] === id;
    });
    return known;
  };

  return {
    ids,
    async *keep(passages) {
      for await (const passage of passages) {
        const [high, low] = keyOf(passage.id);
        if (!knows(passage.id, high, low)) {
          const { id, text, title, metadata } = passage;
          const bytes = Buffer.from(JSON.stringify({ id, text, title, metadata }));
          numbers.add(high, low, ids.push(id) - 1);
          if (ids.length >= starts.length) {
            const grown = new Float64Array(starts.length * 2);
            grown.set(starts);
            starts = grown;
          }
          starts[ids.length] = starts[ids.length - 1]! + bytes.length;
          waiting.push(bytes);
          waitingBytes += bytes.length;
          if (waitingBytes >= flushBytes) await flush();
        }
        yield passage;
      }
      await flush();
    },
    async get(id) {
      await flush();
      return find(id);
    },
    async [Symbol.asyncDispose]() {
      await file.close();
      await rm(path, { force: true });
    },
  };
}

function keyOf(id: string): [high: number, low: number] {
  const digest = createHash('sha256').update(id).digest();
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)];
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    await makeFolder(dirname(path));
    return await open(path, 'w+', 0o600);
  } catch (error) {
    throw fromFileError(error, path);
  }
}

import { closeSync, existsSync, openSync, readSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { fromFileError, RankforgeError } from '../../core/errors.js';
import { makeFolder } from '../../core/make-folder.js';
import type { KeyedCall } from './request-key.js';

/** One answered call: what was asked, and the reply as the model gave it. */
export interface LedgerRecord extends KeyedCall {
  readonly reply: unknown;
}

/** Answered calls by key: a repeated run costs nothing, and a killed one loses nothing that was answered. */
export interface Ledger extends AsyncDisposable {
  readonly folder: string;
  /** Calls held. */
  readonly size: number;
  get(key: string): LedgerRecord | undefined;
  /**
   * Resolves once the record is on disk; calls made together share one flush.
   * @throws RankforgeError `disk-full`
   */
  put(key: string, record: LedgerRecord): Promise<void>;
  entries(): Iterable<readonly [key: string, record: LedgerRecord]>;
}

export interface LedgerOptions {
  /** Reads only, for instance to replay a run from a folder that may not be written. */
  readonly readOnly?: boolean;
}

/**
 * The ledger of a folder, made if absent. Several processes may hold it open; it must lie on a local disk.
 * @throws RankforgeError `missing-file`, `no-permission`, `disk-full`, `bad-file`
 */
export async function openLedger(folder: string, { readOnly = false }: LedgerOptions = {}): Promise<Ledger> {
  const store = await openStore(folder, readOnly);
  // Each batch of lmdb's has a promise of its own beside those of its puts. It is made right after this event, and would
  // reject unhandled where nobody listens.
  store.on('beforecommit', () => queueMicrotask(() => store.committed.then(ignore, ignore)));

  const unwritten = new Set<Promise<unknown>>();

  return {
    folder,
    get size() {
      return (store.getStats() as { entryCount: number }).entryCount;
    },
    get: (key) => store.get(key),
    async put(key, record) {
      const written = afterTurn(() => store.put(key, record));
      unwritten.add(written);
      try {
        await written;
      } catch (error) {
        throw fromStoreError(await commitError(error), folder);
      } finally {
        unwritten.delete(written);
      }
    },
    *entries() {
      for (const { key, value } of store.getRange()) yield [key, value];
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(unwritten);
      await store.close();
    },
  };
}

const ignore = () => {};

/** Begins work once what else this turn of the event loop brings is done: calls that waited for the one just answered are sent first. */
const afterTurn = <T>(work: () => Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    setImmediate(() => work().then(resolve, reject));
  });

/** Why a commit failed: lmdb tells it by a promise in the error, which rejects unhandled where nobody asks. */
async function commitError(error: unknown): Promise<unknown> {
  try {
    await (error as { commitError?: Promise<never> }).commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}

async function openStore(folder: string, readOnly: boolean): Promise<RootDatabase<LedgerRecord, string>> {
  try {
    if (!readOnly) await makeFolder(folder);
    checkMagic(join(folder, 'data.mdb'));
    // Without overlappingSync a commit that returns is on disk; with it, a full disk loses commits that had returned.
    const store = open<LedgerRecord, string>({
      path: folder,
      noSubdir: false,
      // A call of a few thousand characters is sooner written than compressed.
      compression: { threshold: 8192 },
      overlappingSync: false,
      // Milliseconds in which answers gather for one commit, which a thread of its own makes: none holds up the process.
      commitDelay: 1,
      readOnly,
    });
    // Readers that were killed leave their slot taken, and slots are few.
    store.readerCheck();
    return store;
  } catch (error) {
    throw fromStoreError(error, folder);
  }
}

/** LMDB's mark, where its first page's header ends. Without this check a foreign file is a segmentation fault. */
function checkMagic(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(28);
    const bytes = readSync(file, head);
    if (bytes > 0 && (bytes < 28 || head.readUInt32LE(24) !== 0xbeefc0de))
      throw new Error(`${path} is not an LMDB file`);
  } finally {
    closeSync(file);
  }
}

/** LMDB gives the system's words, not its codes, and an input/output error for a disk that ran full in mid-write. */
function fromStoreError(error: unknown, folder: string): unknown {
  const typed = fromFileError(error, folder);
  if (typed instanceof RankforgeError) return typed;
  const text = error instanceof Error ? error.message : String(error);
  const code =
    /no space left|MDB_MAP_FULL|quota/i.test(text) ||
    (/input.output error/i.test(text) && freeBytes(folder) < 2 ** 20)
      ? 'ENOSPC'
      : /permission denied|read-only/i.test(text)
        ? 'EACCES'
        : /no such file/i.test(text)
          ? 'ENOENT'
          : undefined;
  if (code) return fromFileError(Object.assign(new Error(text, { cause: error }), { code }), folder);
  return new RankforgeError('bad-file', `The ledger cannot be used: ${text}`, {
    where: folder,
    hint: 'Name another ledger folder, or move this one away.',
    cause: error,
  });
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { stopsOthers } from '../core/errors.js';
import { sha256 } from '../core/hash.js';
import { makeFolder } from '../core/make-folder.js';
import type { JobOptions } from '../core/progress.js';
import { atomicWrite } from '../formats/atomic-write.js';

/** A part of a stage's work: the items whose ids hash to it. */
export interface Shard<T> {
  readonly index: number;
  readonly items: readonly T[];
}

/** Cuts work by a stable hash of the id, so that a new item disturbs only its own shard. */
export function cutShards<T>(items: readonly T[], shards: number, id: (item: T) => string): Shard<T>[] {
  const cut = Array.from({ length: shards }, (): T[] => []);
  for (const item of items) cut[Number.parseInt(sha256(id(item)).slice(0, 8), 16) % shards]!.push(item);
  return cut.map((part, index) => ({ index, items: part })).filter((shard) => shard.items.length > 0);
}

export interface ExecutorOptions extends JobOptions {
  readonly stage: string;
  /** Where a finished shard's result is kept, so that an interrupted stage goes on after it. */
  readonly folder: string;
  /** Shards under way at once. @default 1 */
  readonly concurrency?: number;
}

/** Runs shards, anywhere; results come in the shards' order. */
export type Executor = <T, R>(
  shards: readonly Shard<T>[],
  work: (shard: Shard<T>, options: JobOptions) => Promise<R>,
  options: ExecutorOptions,
) => Promise<R[]>;

/** Runs shards in this process. A result is JSON, written before its shard counts as done. */
export const localExecutor: Executor = async (
  shards,
  work,
  { stage, folder, concurrency = 1, signal, onProgress },
) => {
  type Result = Awaited<ReturnType<typeof work>>;
  await makeFolder(folder);
  const limit = pLimit(concurrency);
  // One failed shard stops the others, and all have ended before the caller has the error.
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const total = shards.reduce((sum, shard) => sum + shard.items.length, 0);
  let done = 0;
  const runShard = async (shard: Parameters<typeof work>[0]): Promise<Result> => {
    either.throwIfAborted();
    const path = join(folder, `shard-${shard.index}.json`);
    const kept = await readFile(path, 'utf8').catch(() => undefined);
    const result = kept
      ? (JSON.parse(kept) as Result)
      : await work(shard, {
          signal: either,
          onProgress: (progress) => onProgress?.({ stage, done: done + progress.done, total }),
        });
    if (!kept) await atomicWrite(path, JSON.stringify(result));
    done += shard.items.length;
    onProgress?.({ stage, done, total });
    return result;
  };
  const settled = await Promise.allSettled(
    shards.map((shard) =>
      limit(async () => {
        try {
          return await runShard(shard);
        } catch (error) {
          // Inside the limit, so that the next shard finds it before it begins.
          if (stopsOthers(error)) failed.abort(error);
          throw error;
        }
      }),
    ),
  );
  if (failed.signal.aborted) throw failed.signal.reason;
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
};

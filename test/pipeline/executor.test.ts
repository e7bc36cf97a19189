import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { cutShards, localExecutor } from '../../src/pipeline/executor.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankforge-executor-'));
  return () => rm(folder, { recursive: true, force: true });
});

const ids = Array.from({ length: 40 }, (_, i) => `q${i}`);

test('every item is in exactly one shard, and stays there when others come and go', () => {
  const all = cutShards(ids, 4, (id) => id);
  expect(all.flatMap(({ items }) => items).sort()).toEqual([...ids].sort());
  const fewer = cutShards(ids.slice(0, 30), 4, (id) => id);
  for (const { index, items } of fewer)
    expect(all.find((shard) => shard.index === index)!.items).toEqual(expect.arrayContaining([...items]));
});

test('results come in order whatever the concurrency, and finished shards are not done again', async () => {
  const shards = cutShards(ids, 8, (id) => id);
  let calls = 0;
  const work = async ({ items }: { items: readonly string[] }) => {
    calls += 1;
    await new Promise((resolve) => setTimeout(resolve, items.length));
    return items.length;
  };
  const one = await localExecutor(shards, work, { stage: 's', folder: join(folder, 'one') });
  const many = await localExecutor(shards, work, {
    stage: 's',
    folder: join(folder, 'many'),
    concurrency: 8,
  });
  expect(many).toEqual(one);
  expect(await localExecutor(shards, work, { stage: 's', folder: join(folder, 'one') })).toEqual(one);
  expect(calls).toBe(2 * shards.length);
});

test('one failed shard stops the rest, keeps the finished ones and gives its own error', async () => {
  const shards = cutShards(ids, 8, (id) => id);
  const done: number[] = [];
  const failing = async ({ index }: { index: number }) => {
    if (index === shards[3]!.index) throw new Error('shard 3');
    done.push(index);
    return index;
  };
  await expect(localExecutor(shards, failing, { stage: 's', folder })).rejects.toThrow('shard 3');
  expect(done).toEqual(shards.slice(0, 3).map(({ index }) => index));
  await localExecutor(shards, async ({ index }) => done.push(index), { stage: 's', folder });
  expect(done.sort()).toEqual(shards.map(({ index }) => index).sort());
});

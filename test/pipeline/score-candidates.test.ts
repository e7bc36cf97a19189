import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { noUsage } from '../../src/core/usage.js';
import { localExecutor } from '../../src/pipeline/executor.js';
import { scoreCandidates } from '../../src/pipeline/score-candidates.js';
import type { Comparator } from '../../src/rerank/comparator.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rankforge-score-'));
  return () => rm(folder, { recursive: true, force: true });
});

const lists = Array.from({ length: 6 }, (_, q) => ({
  query: { id: `q${q}`, text: `query ${q}` },
  items: Array.from({ length: 5 }, (_, i) => ({
    passage: { id: `p${(q + i) % 8}`, text: `text ${(q + i) % 8}` },
  })),
}));

/** Scores by ids alone, later for earlier calls, and keeps count. */
function recorder() {
  const begun: string[] = [];
  let underWay = 0;
  let most = 0;
  const comparator: Comparator = {
    name: 'recorder',
    absolute: true,
    compare: async (query, [passage]) => {
      begun.push(passage!.id);
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, begun.length % 3));
      underWay -= 1;
      const score = (Number(query.id.slice(1)) * 7 + Number(passage!.id.slice(1)) * 3) % 5;
      return { order: [0], scores: [score], usage: noUsage, warnings: [] };
    },
    cost: () => ({ calls: 1, promptTokens: 0, outputTokens: 0 }),
    [Symbol.asyncDispose]: async () => {},
  };
  return { comparator, begun, most: () => most };
}

const score = ({ comparator }: { comparator: Comparator }, name: string, callsAtOnce: number) =>
  scoreCandidates(lists, {
    executor: localExecutor,
    stage: 't',
    folder: join(folder, name),
    method: 'pointwise',
    comparator,
    callsAtOnce,
    shards: 2,
  });

test('passages scored alone are taken one after the other with all their queries, as many at once as allowed', async () => {
  const [one, four] = [recorder(), recorder()];
  const { run } = await score(one, 'one', 1);
  expect((await score(four, 'four', 4)).run).toEqual(run);
  expect([one.most(), four.most()]).toEqual([1, 4]);
  expect(four.begun).toEqual(one.begun);
  // Each passage's calls stand together: a local model then reads it once.
  const changes = one.begun.filter((id, index) => id !== one.begun[index - 1]).length;
  expect(changes).toBe(new Set(one.begun).size);
  expect(one.begun).toHaveLength(30);
});

test('equal scores keep the order of the candidates', async () => {
  const { run } = await score(recorder(), 'ties', 2);
  for (const { query, items } of lists) {
    const place = new Map(items.map(({ passage }, index) => [passage.id, index]));
    const ranked = run.get(query.id)!;
    expect(ranked).toHaveLength(items.length);
    for (const [index, { id, score: value }] of ranked.slice(1).entries()) {
      const before = ranked[index]!;
      expect(before.score > value || (before.score === value && place.get(before.id)! < place.get(id)!)).toBe(
        true,
      );
    }
  }
});

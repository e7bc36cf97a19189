import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { tinyCrossEncoder } from '../../../src/distill/students/cross-encoder.js';
import { staticArchitecture } from '../../../src/distill/students/static.js';
import { openReader } from '../../../src/distill/texts/open-reader.js';
import type { TextReader } from '../../../src/distill/texts/text-reader.js';
import {
  type TextList,
  type TrainTextOptions,
  trainTextStudent,
} from '../../../src/distill/texts/train-text-student.js';
import { temporaryFolder } from '../../formats/temporary-folder.js';
import { featuresOf, matchingLists, textsOf } from './synthetic-texts.js';

const lists = matchingLists(36);

type Kind = 'bag' | 'late' | 'cross-encoder';
async function train(kind: Kind, own: readonly TextList[] = lists, more: Partial<TrainTextOptions> = {}) {
  const options: TrainTextOptions = {
    ...{ features: featuresOf(own), labels: 'scores' as const, seed: 1, threads: 1, epochs: 5, folds: 2 },
    ...more,
  };
  const texts = textsOf(own);
  const { seed } = options;
  if (kind === 'cross-encoder') {
    const sizes = { vocabulary: 300, hidden: 32, layers: 1, maxTokens: 48 };
    return trainTextStudent(own, tinyCrossEncoder(texts, { seed, ...sizes }), options);
  }
  const sizes = { width: 32, buckets: 16, interaction: kind };
  return trainTextStudent(own, await staticArchitecture(texts, { seed, ...sizes }), options);
}

const contents = (reader: TextReader | undefined) =>
  [...reader!.files].map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]);

describe.each(['bag', 'late', 'cross-encoder'] as const)('%s', (kind) => {
  test('learns from scratch that exact matches count, and tells new words of a list from noise', async () => {
    const trained = await train(kind);
    expect(trained.priorOnly).toBe(false);
    const chosen = trained.selection.find((one) => one.chosen)!;
    expect(chosen.heldOut).toBeGreaterThan(0.9);
    expect(chosen.heldOut).toBeGreaterThan(trained.selection[0]!.heldOut + 0.1);
    await using scorer = await openReader(trained.reader!, { threads: 1 });
    const scores = await scorer.score('zzyx qqpl', ['the zzyx of a qqpl', 'the rest of a list', '']);
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(scores[0]!).toBeGreaterThan(scores[1]!);
    expect([...(await scorer.score('', ['a']))].every(Number.isFinite)).toBe(true);
    expect(await scorer.score('zzyx', [])).toHaveLength(0);
  });
});

test.each(['bag', 'cross-encoder'] as const)(
  '%s: a training that was stopped goes on to the same student, and one of another seed differs',
  async (kind) => {
    const few = lists.slice(0, 20);
    const whole = await train(kind, few);
    const folder = temporaryFolder();
    const controller = new AbortController();
    let [steps, starts] = [0, new Set<string>()];
    const stopped = train(kind, few, {
      folder,
      signal: controller.signal,
      onProgress: ({ stage }) => {
        starts.add(stage);
        // In the middle of the second fold.
        if (stage.endsWith('fold-2') && ++steps === 8) controller.abort();
      },
    });
    await expect(stopped).rejects.toThrow(/abort/i);
    expect((await readdir(folder)).sort()).toContain('fold-2.safetensors');
    starts = new Set();
    let resumed = 0;
    const rest = await train(kind, few, {
      folder,
      onProgress: ({ stage, done }) => {
        starts.add(stage);
        if (stage.endsWith('fold-2')) resumed ||= done;
      },
    });
    expect([...starts].some((stage) => stage.endsWith('fold-1'))).toBe(false);
    expect(resumed).toBe(9);
    expect(contents(rest.reader)).toEqual(contents(whole.reader));
    expect(rest.selection).toEqual(whole.selection);
    expect([...rest.heldOutScores]).toEqual([...whole.heldOutScores]);
    const other = await train(kind, few, { seed: 2 });
    expect(contents(other.reader)).not.toEqual(contents(whole.reader));
    const mixed = train(kind, few, { folder, seed: 2 });
    await expect(mixed).rejects.toMatchObject({ code: 'bad-file' });
  },
);

test('where nothing is better than the prior the student is the prior, and says so', async () => {
  const noise = matchingLists(12, { features: 'useful' }).map((list) => ({
    ...list,
    // The labels are the prior's own score: there is nothing else to learn.
    labels: list.labels.map(
      (_, row) => list.features.data[row * list.features.names.length + list.features.names.indexOf('bm25')]!,
    ),
  }));
  const trained = await train('cross-encoder', noise, { epochs: 2, prior: { bm25: 1 } });
  expect(trained.priorOnly).toBe(true);
  expect(trained.reader).toBeUndefined();
  expect(trained.selection.find(({ chosen }) => chosen)!.name).toBe('prior');
});

test('three queries are too few, and a loss that does not exist is told before training', async () => {
  await expect(train('bag', lists.slice(0, 3))).rejects.toMatchObject({ code: 'too-little-data' });
  await expect(train('bag', lists, { training: { loss: 'kll' } })).rejects.toMatchObject({
    code: 'unknown-name',
  });
});

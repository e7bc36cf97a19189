import { describe, expect, test } from 'vitest';
import { scoreFeatures, studentKinds } from '../../src/distill/students/scorer.js';
import { makeTargets, meanGain } from '../../src/distill/students/targets.js';
import { trainStudent } from '../../src/distill/train-student.js';
import type { TrainingList } from '../../src/distill/training-list.js';
import { syntheticLists, syntheticSet } from './synthetic-lists.js';

const options = { features: syntheticSet, labels: 'scores', seed: 7 } as const;
const unseen = (hidden: number, bend = false) => syntheticLists(60, { seed: 99, hidden, bend });
const quality = (parameters: Parameters<typeof scoreFeatures>[0], lists: readonly TrainingList[]) =>
  meanGain(
    lists.map(({ features }) => scoreFeatures(parameters, features)),
    makeTargets(lists, 'scores').gains,
  );
const prior = { kind: 'linear', weights: [1, 0.5, 0, 0, 0] } as const;

test.each(studentKinds)(
  '%s: where the teacher ranks as the smoothed fusion does, that is the student',
  async (kind) => {
    const names = ['cosine_z', 'bm25_z', 'feedback_z', 'smoothed_z'];
    const dense = { ...syntheticSet, dense: true, names };
    const lists = syntheticLists(24).map(({ queryId, features: { rows, data } }) => {
      const own = Float64Array.from({ length: rows * 4 }, (_, i) => data[5 * Math.floor(i / 4) + (i % 4)]!);
      const labels = Float64Array.from({ length: rows }, (_, row) => own[4 * row + 3]!);
      return { queryId, features: { names, rows, data: own }, labels };
    });
    const { selection, parameters, priorOnly } = await trainStudent(lists, {
      ...options,
      features: dense,
      kind,
    });
    expect(selection.slice(0, 2).map(({ name }) => name)).toEqual(['prior', 'smoothed']);
    expect(selection.find(({ chosen }) => chosen)!.name).toBe('smoothed');
    expect({ priorOnly, kind: parameters.kind }).toEqual({ priorOnly: true, kind: 'linear' });
    expect(quality(parameters, lists)).toBeCloseTo(1, 9);
  },
);

for (const kind of studentKinds) {
  describe(kind, async () => {
    const lists = syntheticLists(24);
    const trained = await trainStudent(lists, { ...options, kind });

    test('learns what the untrained fusion misses, and says what it tried', () => {
      expect(trained.priorOnly).toBe(false);
      expect(quality(trained.parameters, unseen(2))).toBeGreaterThan(quality(prior, unseen(2)) + 0.1);
      expect(trained.selection.filter(({ chosen }) => chosen)).toHaveLength(1);
      expect(trained.selection[0]!.name).toBe('prior');
    });

    test('the same seed gives the same student', async () => {
      expect((await trainStudent(lists, { ...options, kind })).parameters).toEqual(trained.parameters);
    });

    test('lists of one passage and of equal labels teach nothing and break nothing', async () => {
      const [first, second, ...rest] = syntheticLists(12);
      const one = {
        ...first!,
        features: { ...first!.features, rows: 1, data: first!.features.data.slice(0, 5) },
        labels: first!.labels.slice(0, 1),
      };
      const flat = { ...second!, labels: second!.labels.map(() => 2) };
      const {
        skipped,
        lists: used,
        parameters,
      } = await trainStudent([one, flat, ...rest], { ...options, kind });
      expect([skipped, used]).toEqual([2, 10]);
      expect(scoreFeatures(parameters, one.features).every(Number.isFinite)).toBe(true);
    });

    test('grades, and a list of 1,000, are learned from', async () => {
      const long = { ...syntheticLists(1, { rows: 1000, seed: 5, grades: true })[0]!, queryId: 'long' };
      const { parameters } = await trainStudent([long, ...syntheticLists(9, { grades: true })], {
        ...options,
        labels: 'grades',
        kind,
        folds: 3,
      });
      expect(scoreFeatures(parameters, long.features).every(Number.isFinite)).toBe(true);
    });

    test('a signal stops it', async () => {
      const controller = new AbortController();
      controller.abort(new Error('stop'));
      await expect(trainStudent(lists, { ...options, kind, signal: controller.signal })).rejects.toThrow(
        'stop',
      );
    });

    test('a signal stops it midway', async () => {
      const controller = new AbortController();
      const onProgress = () => controller.abort(new Error('midway'));
      await expect(
        trainStudent(lists, { ...options, kind, signal: controller.signal, onProgress }),
      ).rejects.toThrow('midway');
    });

    test('lets the event loop turn while it lasts, and an abort from there ends it', async () => {
      const controller = new AbortController();
      setImmediate(() => controller.abort(new Error('in time')));
      await expect(
        trainStudent(syntheticLists(60), { ...options, kind, signal: controller.signal }),
      ).rejects.toThrow('in time');
    });
  });
}

test('trees learn what no weighted sum can', async () => {
  const lists = syntheticLists(40, { bend: true });
  const trees = await trainStudent(lists, { ...options, kind: 'lambdamart' });
  const linear = await trainStudent(lists, { ...options, kind: 'linear' });
  expect(quality(trees.parameters, unseen(2, true))).toBeGreaterThan(
    quality(linear.parameters, unseen(2, true)) + 0.1,
  );
});

test('where there is nothing to learn, most students stay their prior and the mean is little worse', async () => {
  const students = await Promise.all(
    Array.from({ length: 8 }, (_, seed) =>
      trainStudent(syntheticLists(24, { hidden: 0, noise: 2, seed: seed + 1 }), {
        ...options,
        kind: 'linear',
      }),
    ),
  );
  const values = students.map(({ parameters }) => quality(parameters, unseen(0)));
  expect(students.filter(({ priorOnly }) => priorOnly).length).toBeGreaterThanOrEqual(3);
  expect(values.reduce((sum, x) => sum + x, 0) / 8).toBeGreaterThan(quality(prior, unseen(0)) - 0.03);
});

test('held-out scores of a prior are on the scale that the student has, or calibration would not fit it', async () => {
  const lists = syntheticLists(24, { hidden: 0 });
  const { priorOnly, parameters, heldOutScores } = await trainStudent(lists, {
    ...options,
    kind: 'linear',
    settings: [],
  });
  expect(priorOnly).toBe(true);
  for (const { queryId, features } of lists) {
    const own = scoreFeatures(parameters, features);
    heldOutScores.get(queryId)!.forEach((score, row) => {
      expect(Math.abs(score / own[row]! - 1)).toBeLessThan(0.1);
    });
  }
  const weights = parameters.kind === 'linear' ? parameters.weights : [];
  // The prior as it is given weighs 1.
  expect(Math.abs(weights[0]! - 1)).toBeGreaterThan(0.2);
});

describe('bad input', () => {
  const lists = syntheticLists(8);
  const train = (given: readonly TrainingList[]) => trainStudent(given, { ...options, kind: 'linear' });
  test.each([
    ['too few queries', lists.slice(0, 3), 'too-little-data'],
    ['no query at all', [], 'too-little-data'],
    [
      'constant teachers',
      lists.map((list) => ({ ...list, labels: list.labels.map(() => 1) })),
      'too-little-data',
    ],
    ['a query twice', [...lists, lists[0]!], 'duplicate-id'],
    [
      'NaN labels',
      [...lists.slice(1), { ...lists[0]!, labels: lists[0]!.labels.map(() => Number.NaN) }],
      'bad-file',
    ],
    [
      'infinite features',
      [
        ...lists.slice(1),
        {
          ...lists[0]!,
          features: {
            ...lists[0]!.features,
            data: lists[0]!.features.data.map(() => Number.POSITIVE_INFINITY),
          },
        },
      ],
      'bad-file',
    ],
  ])('%s', async (_, given, code) => {
    await expect(train(given)).rejects.toThrow(expect.objectContaining({ code }));
  });
});

test('queries of one group are one query as proof: copies of one do not outvote the others', async () => {
  const lists = syntheticLists(12);
  const copies = Array.from({ length: 30 }, (_, i) => ({ ...lists[0]!, queryId: `copy-${i}` }));
  const groups = new Map(copies.map(({ queryId }) => [queryId, lists[0]!.queryId]));
  const trained = await trainStudent([...lists, ...copies], { ...options, kind: 'linear', groups });
  const heldOut = new Map(trained.heldOutScores);
  const own = lists.filter(({ queryId }) => heldOut.has(queryId));
  const mean = meanGain(
    own.map(({ queryId }) => heldOut.get(queryId)!),
    makeTargets(own, 'scores').gains,
  );
  expect(trained.selection.find(({ chosen }) => chosen)!.heldOut).toBeCloseTo(mean, 12);
});

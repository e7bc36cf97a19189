import { describe, expect, test } from 'vitest';
import { curriculumNames } from '../../src/distill/curriculum/plan-epoch.js';
import { lossFacts, lossNames } from '../../src/distill/losses/registry.js';
import { fitLinear } from '../../src/distill/students/linear.js';
import { fitMlp } from '../../src/distill/students/mlp.js';
import { scalePrior } from '../../src/distill/students/prior.js';
import { scoreFeatures } from '../../src/distill/students/scorer.js';
import { makeTargets, meanGain } from '../../src/distill/students/targets.js';
import { type TrainOptions, trainStudent } from '../../src/distill/train-student.js';
import { syntheticLists, syntheticSet } from './synthetic-lists.js';

const lists = syntheticLists(16, { rows: 8 });
const unseen = syntheticLists(40, { seed: 99 });
const mlp = { hidden: [8], epochs: 12, learningRate: 1e-2, weightDecay: 0.01 } as const;
const raw = [1, 0.5, 0, 0, 0];

describe.each(['scores', 'grades'] as const)('students on %s', (labels) => {
  const own = labels === 'scores' ? lists : syntheticLists(16, { rows: 8, grades: true });
  const targets = makeTargets(own, labels);
  const prior = scalePrior(raw, own, targets);
  const quality = (parameters: Parameters<typeof scoreFeatures>[0]) =>
    meanGain(
      unseen.map(({ features }) => scoreFeatures(parameters, features)),
      makeTargets(unseen, 'scores').gains,
    );
  const untrained = quality({ kind: 'linear', weights: raw });

  test.each(lossNames)('%s teaches linear and mlp what the prior misses', async (name) => {
    const loss = lossFacts[name].notAlone ? `kl:0.2,${name}:${name === 'z-loss' ? 0.001 : 1}` : name;
    const linear = await fitLinear(own, targets, { ridge: 0.03, loss }, prior, { seed: 3 });
    const network = await fitMlp(own, targets, { ...mlp, loss }, prior, { seed: 3 });
    expect(quality(linear)).toBeGreaterThan(untrained + 0.05);
    expect(quality(network)).toBeGreaterThan(untrained + 0.05);
  });
});

const options = { features: syntheticSet, labels: 'scores', seed: 7, kind: 'mlp' } as const;
const train = (training: TrainOptions['training'], kind: TrainOptions['kind'] = 'mlp') =>
  trainStudent(lists, { ...options, kind, training, folds: 2 });

test.each(curriculumNames)(
  'the curriculum %s trains, and the same seed gives the same student',
  async (curriculum) => {
    const trained = await train({ curriculum });
    expect(trained.priorOnly).toBe(false);
    expect(trained.selection.at(-1)!.name).toContain(curriculum);
    expect((await train({ curriculum })).parameters).toEqual(trained.parameters);
    expect((await train({})).parameters).not.toEqual(trained.parameters);
  },
);

test('recorded hardness decides which lists come first', async () => {
  const targets = makeTargets(lists, 'scores');
  const prior = scalePrior(raw, lists, targets);
  const settings = { ...mlp, epochs: 1, horizon: 10, curriculum: 'easy-first' } as const;
  const trainOnce = (easy: number) =>
    fitMlp(
      lists.map((list, i) => ({ ...list, hardness: Float64Array.of(i < 10 === (easy === 0) ? 0 : 1) })),
      targets,
      settings,
      prior,
      { seed: 1 },
    );
  expect(await trainOnce(0)).not.toEqual(await trainOnce(1));
});

describe('items that count unlike', () => {
  const present = lists.map((list) => ({
    ...list,
    presence: list.labels.map((label) => (label > 1 ? 1 : 0.5)),
  }));
  const on = (own: typeof lists, loss: string) =>
    trainStudent(own, { ...options, kind: 'linear', training: { loss }, folds: 2 });

  test('teach otherwise than items that count alike', async () => {
    expect((await on(present, 'info-nce')).parameters).not.toEqual((await on(lists, 'info-nce')).parameters);
  });
  test('need a loss that heeds them', async () => {
    await expect(on(present, 'kl')).rejects.toThrow(expect.objectContaining({ code: 'unsupported' }));
  });
  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('a weight of %d is refused', async (weight) => {
    const broken = lists.map((list) => ({ ...list, weights: list.labels.map(() => weight) }));
    await expect(on(broken, 'info-nce')).rejects.toThrow(
      expect.objectContaining({ code: 'bad-file', where: 'q0' }),
    );
  });
});

test('hardness that is not finite is refused', async () => {
  const broken = lists.map((list, i) =>
    i === 3 ? { ...list, hardness: Float64Array.of(0.5, Number.NaN) } : list,
  );
  await expect(
    trainStudent(broken, { ...options, kind: 'mlp', training: { curriculum: 'easy-first' } }),
  ).rejects.toThrow(expect.objectContaining({ code: 'bad-file', where: 'q3' }));
});

test('importance is for losses that are sums over items', async () => {
  expect((await train({ loss: 'list-mle', importance: true })).selection.at(-1)!.name).toContain(
    'list-mle, importance',
  );
  await expect(train({ loss: 'kl', importance: true })).rejects.toThrow(
    expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('"kl"') }),
  );
  expect((await train({ loss: 'list-mle' }, 'linear')).parameters).not.toEqual(
    (await train({ loss: 'list-mle', importance: true }, 'linear')).parameters,
  );
});

test('a sampled loss draws anew at each step, and the same seed gives the same student', async () => {
  const targets = makeTargets(lists, 'scores');
  const trainOnce = (seed: number) =>
    fitLinear(lists, targets, { ridge: 0.1, loss: 'pg-rank' }, raw, { seed });
  expect(await trainOnce(1)).toEqual(await trainOnce(1));
  expect(await trainOnce(1)).not.toEqual(await trainOnce(2));
});

test.each([
  [{ loss: 'klx' }, 'mlp', 'unknown-name'],
  [{ loss: 'wasserstein' }, 'mlp', 'usage'],
  [{ loss: 'kl:0' }, 'linear', 'usage'],
  [{ loss: 'list-mle' }, 'lambdamart', 'unsupported'],
  [{ curriculum: 'focal' }, 'linear', 'unsupported'],
  [{ twoHeads: true }, 'linear', 'unsupported'],
  [{ twoHeads: true }, 'lambdamart', 'unsupported'],
] as const)('%j for %s is refused', async (training, kind, code) => {
  await expect(train(training, kind)).rejects.toThrow(expect.objectContaining({ code }));
});

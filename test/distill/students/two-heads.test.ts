import { expect, test } from 'vitest';
import { sigmoid } from '../../../src/core/logistic.js';
import { mean } from '../../../src/core/vectors.js';
import { binaryCrossEntropy } from '../../../src/distill/losses/binary-cross-entropy.js';
import { klDivergence } from '../../../src/distill/losses/kl-divergence.js';
import { fitMlp } from '../../../src/distill/students/mlp.js';
import { type MlpParameters, scoreFeatures, scoreHeads } from '../../../src/distill/students/scorer.js';
import { makeTargets, targetsOf } from '../../../src/distill/students/targets.js';
import { trainStudent } from '../../../src/distill/train-student.js';
import { syntheticLists, syntheticSet } from '../synthetic-lists.js';

const prior = [1, 0.5, 0, 0, 0];
// As many as one step sees, so that each epoch follows the gradient of them all.
const few = syntheticLists(4, { rows: 10, grades: true });
const targets = makeTargets(few, 'grades');
const settings = { epochs: 1, learningRate: 0.01, weightDecay: 0, hidden: [] } as const;
const train = (more: Partial<Parameters<typeof fitMlp>[2]>) =>
  fitMlp(few, targets, { ...settings, ...more }, prior, { seed: 3 });

/** What both heads are trained by, written out. */
const lossOf = (parameters: MlpParameters): number =>
  mean(
    few.map(({ features }, i) => {
      const { ranking, probability } = scoreHeads(parameters, features);
      return (
        klDivergence(ranking, targets.logits[i]!).value +
        binaryCrossEntropy(probability!, targetsOf(targets, i).probabilities).value
      );
    }),
  );

/** The steepest slope of that loss along any one parameter, by central differences. */
function steepest(parameters: MlpParameters): number {
  const h = 1e-4;
  const slopes = parameters.layers.flatMap((layer, depth) =>
    (['weights', 'bias'] as const).flatMap((name) =>
      layer[name].map((value, i) => {
        const at = (moved: number) =>
          lossOf({
            ...parameters,
            layers: parameters.layers.with(depth, { ...layer, [name]: layer[name].with(i, moved) }),
          });
        return Math.abs(at(value + h) - at(value - h)) / (2 * h);
      }),
    ),
  );
  return Math.max(...slopes);
}

test.each([[[]], [[4]], [[4, 3]]])(
  'with layers %j training goes to where both losses are flat',
  async (hidden) => {
    const begun = steepest(await train({ hidden, twoHeads: true, epochs: 1 }));
    const ended = steepest(await train({ hidden, twoHeads: true, epochs: 3000, learningRate: 3e-3 }));
    expect(begun).toBeGreaterThan(0.02);
    expect(ended).toBeLessThan(begun / 20);
  },
);

test('without a body the order is learned as by one head; with one the body hears both', async () => {
  for (const [hidden, alike] of [
    [[], true],
    [[4], false],
  ] as const) {
    const [one, two] = [
      await train({ hidden, epochs: 20 }),
      await train({ hidden, epochs: 20, twoHeads: true }),
    ];
    const scores = (parameters: MlpParameters) =>
      few.map(({ features }) => scoreFeatures(parameters, features));
    if (alike) expect(scores(two)).toEqual(scores(one));
    else expect(scores(two)).not.toEqual(scores(one));
  }
});

const lists = syntheticLists(24, { grades: true });
const options = { kind: 'mlp', features: syntheticSet, labels: 'grades', seed: 7, folds: 3 } as const;

test('held-out logits are probabilities of new queries, and the same seed gives the same student', async () => {
  const trained = await trainStudent(lists, { ...options, training: { twoHeads: true } });
  expect(trained.selection.find(({ chosen }) => chosen)!.name).toMatch(/two heads$/);
  expect((await trainStudent(lists, { ...options, training: { twoHeads: true } })).parameters).toEqual(
    trained.parameters,
  );
  const graded = makeTargets(lists, 'grades');
  const all = lists.map((_, i) => targetsOf(graded, i).probabilities);
  const base = mean(all.flatMap((list) => [...list]));
  const error = (probabilityOf: (list: number, row: number) => number): number =>
    mean(all.flatMap((list, i) => [...list].map((p, row) => (probabilityOf(i, row) - p) ** 2)));
  const logits = lists.map(({ queryId }) => trained.heldOutLogits!.get(queryId)!);
  expect(error((i, row) => sigmoid(logits[i]![row]!))).toBeLessThan(error(() => base) / 2);
  expect([...trained.heldOutLogits!.keys()]).toEqual([...trained.heldOutScores.keys()]);
});

test('a student of one head, or that is its prior, has no such logits', async () => {
  expect((await trainStudent(lists, options)).heldOutLogits).toBeUndefined();
  const known = syntheticLists(24, { hidden: 0, noise: 0 });
  const same = await trainStudent(known, { ...options, labels: 'scores', training: { twoHeads: true } });
  expect(same).toMatchObject({ priorOnly: true });
  expect(same.heldOutLogits).toBeUndefined();
});

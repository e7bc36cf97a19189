import { expect, test } from 'vitest';
import { mean } from '../../../src/core/vectors.js';
import { binaryCrossEntropy } from '../../../src/distill/losses/binary-cross-entropy.js';
import { fitMlp, fitMlpFolds } from '../../../src/distill/students/mlp.js';
import { scoreHeads } from '../../../src/distill/students/scorer.js';
import { makeTargets, meanGain, targetsOf } from '../../../src/distill/students/targets.js';
import { syntheticLists } from '../synthetic-lists.js';

const settings = { hidden: [8], epochs: 10, learningRate: 1e-2, weightDecay: 0.01 } as const;
const prior = [1, 0.5, 0, 0, 0];
const part = (seed: number, hidden: number) => {
  const lists = syntheticLists(6, { seed, hidden, noise: 0 });
  return { lists, targets: makeTargets(lists, 'scores') };
};
const folds = (hidden: number) =>
  [1, 2].map((seed) => ({ ...part(seed, 2), held: part(seed + 10, hidden), prior }));

test('all folds stop at one epoch, each with the network that training for so many epochs gives', async () => {
  const own = folds(2);
  const { byFold, rounds } = await fitMlpFolds(own, settings, { seed: 3 });
  expect(rounds).toBeGreaterThan(0);
  const chosen = { ...settings, epochs: rounds, horizon: settings.epochs };
  for (const [fold, { lists, targets }] of own.entries())
    expect(byFold[fold]).toEqual(await fitMlp(lists, targets, chosen, prior, { seed: 3 }));
});

test('where the prior orders what is held out without a fault, no epoch is better', async () => {
  expect((await fitMlpFolds(folds(0), settings, { seed: 3 })).rounds).toBe(0);
});

test('a second head learns on for as long as the order stays as good', async () => {
  const known = [1, 2].map((seed) => ({ ...part(seed, 0), held: part(seed + 10, 0), prior }));
  const trainFolds = (twoHeads: boolean) => fitMlpFolds(known, { ...settings, twoHeads }, { seed: 3 });
  expect((await trainFolds(false)).rounds).toBe(0);
  const { byFold, rounds } = await trainFolds(true);
  expect(rounds).toBeGreaterThan(0);
  for (const [fold, { lists, targets, held }] of known.entries()) {
    const start = await fitMlp(lists, targets, { ...settings, twoHeads: true, epochs: 0 }, prior, {
      seed: 3,
    });
    const [before, after] = [start, byFold[fold]!].map((network) => {
      const heads = held.lists.map(({ features }) => scoreHeads(network, features));
      return {
        gain: meanGain(
          heads.map(({ ranking }) => ranking),
          held.targets.gains,
        ),
        loss: mean(
          heads.map(
            ({ probability }, i) =>
              binaryCrossEntropy(probability!, targetsOf(held.targets, i).probabilities).value,
          ),
        ),
      };
    });
    expect(after!.loss).toBeLessThan(before!.loss);
    expect(after!.gain).toBeGreaterThan(before!.gain - 0.005);
  }
});

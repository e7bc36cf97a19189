import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { klDivergence } from '../../../src/distill/losses/kl-divergence.js';
import { parseLossMix } from '../../../src/distill/losses/loss-mix.js';
import { makeObjective } from '../../../src/distill/losses/objective.js';
import { smallBert } from '../../../src/distill/neural/bert/config.js';
import { crossEncoder } from '../../../src/distill/neural/bert/cross-encoder.js';
import { padRows } from '../../../src/distill/neural/bert/token-rows.js';
import { listLoss } from '../../../src/distill/neural/list-loss.js';
import { Network } from '../../../src/distill/neural/network.js';
import { initialParameters } from '../../../src/distill/neural/parameters.js';
import { train } from '../../../src/distill/neural/train.js';

const listOf = (labels: readonly number[]) => {
  const values = Float64Array.from(labels);
  return { targets: { logits: values, grades: values, order: values, probabilities: values } };
};

test("a batch's scores are cut into its lists", () => {
  const lists = [listOf([1, 0]), listOf([0, 2, 1])];
  const data = Float32Array.of(0.5, -0.25, 1, 2, -1);
  const objective = makeObjective(parseLossMix('kl'));
  const { value, gradient } = listLoss(lists, objective)({ data, shape: [5] });
  const parts = [
    klDivergence(Float64Array.of(0.5, -0.25), Float64Array.of(1, 0)),
    klDivergence(Float64Array.of(1, 2, -1), Float64Array.of(0, 2, 1)),
  ];
  expect(value).toBeCloseTo((parts[0]!.value + parts[1]!.value) / 2, 12);
  const expected = parts.flatMap(({ grad }) => [...grad].map((g) => g / 2));
  for (const [i, g] of expected.entries()) expect(gradient[i]).toBeCloseTo(g, 12);
  expect(gradient.length).toBe(5);
});

/** A query of two words and four passages, one of which has both words; types 2 and 3 mark words found on both sides. */
function drawList(name: number) {
  const random = randomStream(1, 'list', name);
  const word = () => 3 + random.int(40);
  const query = [word(), word()];
  const right = random.int(4);
  const rows = Array.from({ length: 4 }, (_, i) => {
    const passage = Array.from({ length: 3 + random.int(4) }, word);
    if (i === right) passage.splice(random.int(passage.length), 2, ...query);
    return {
      ids: [1, ...query, 2, ...passage, 2],
      types: [
        0,
        ...query.map((id) => (passage.includes(id) ? 2 : 0)),
        0,
        ...passage.map((id) => (query.includes(id) ? 3 : 1)),
        1,
      ],
    };
  });
  return { rows, right };
}

test('a cross-encoder from scratch learns from lists which passage has the words of the query', async () => {
  const config = smallBert({ vocabulary: 43, positions: 16, layers: 1, hidden: 32 });
  const output = crossEncoder(config, { pooling: 'mean', dropout: true });
  await using network = await Network.open(output, { threads: 1 });
  const parameters = initialParameters(output.tape, 1);
  const heldOut = Array.from({ length: 50 }, (_, i) => drawList(-1 - i));
  const measure = async () => {
    const { output: scores } = await network.forward(
      parameters,
      padRows(heldOut.flatMap(({ rows }) => rows)),
    );
    const isRight = heldOut.filter(({ right }, i) => {
      const list = [...scores.data.subarray(4 * i, 4 * i + 4)];
      return list.indexOf(Math.max(...list)) === right;
    });
    return isRight.length / heldOut.length;
  };
  expect(await measure()).toBeLessThan(0.6);
  const objective = makeObjective(parseLossMix('kl'));
  const trained = await train(network, parameters, {
    steps: 80,
    seed: 1,
    schedule: { peak: 5e-3, warmUp: 10 },
    validation: { every: 20, measure },
    batchesOf: (step) => {
      const lists = Array.from({ length: 8 }, (_, i) => drawList(8 * step + i));
      const labels = lists.map(({ right }) =>
        listOf(Array.from({ length: 4 }, (_, i) => (i === right ? 5 : 0))),
      );
      return [{ feeds: padRows(lists.flatMap(({ rows }) => rows)), loss: listLoss(labels, objective) }];
    },
  });
  expect(trained.value).toBeGreaterThan(0.95);
});

test('a width that heads do not divide is a usage error', () => {
  expect(() => smallBert({ vocabulary: 9, hidden: 100 })).toThrow('100 wide');
});

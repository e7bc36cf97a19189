import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { crossEncoder } from '../../../../src/distill/neural/bert/cross-encoder.js';
import { Network } from '../../../../src/distill/neural/network.js';
import { copyParameters, initialParameters } from '../../../../src/distill/neural/parameters.js';
import { type StepReport, train } from '../../../../src/distill/neural/train.js';

/** What transformers and PyTorch give: see golden/train_bert.py. */
const golden = JSON.parse(readFileSync(new URL('../golden/bert-training.json', import.meta.url), 'utf8')) as {
  scores: number[];
  steps: { loss: number; norm: number; weights: Record<string, number[]> }[];
};

const config = {
  vocabulary: 50,
  positions: 12,
  tokenTypes: 3,
  hidden: 16,
  intermediate: 40,
  layers: 2,
  heads: 2,
  epsilon: 1e-12,
};
const [rows, length] = [6, 9];
const table = (value: (row: number, i: number) => number) => ({
  data: BigInt64Array.from({ length: rows * length }, (_, i) =>
    BigInt(value(Math.floor(i / length), i % length)),
  ),
  shape: [rows, length],
});
const feeds = {
  ids: table((row, i) => 1 + ((7 * row + 3 * i + row * i) % 49)),
  types: table((row, i) => (row + i) % 3),
  mask: table((row, i) => Number(i < length - (row % 4))),
};

describe('twenty steps of a cross-encoder beside PyTorch', async () => {
  const output = crossEncoder(config);
  const parameters = initialParameters(output.tape, 0);
  for (const [index, name] of [...parameters.keys()].sort().entries()) {
    const { data } = parameters.get(name)!;
    const centre = name.endsWith('LayerNorm.weight') ? 1 : 0;
    for (let i = 0; i < data.length; i++) data[i] = centre + 0.2 * Math.sin(0.7 * i + index);
  }
  await using network = await Network.open(output, { threads: 1 });
  const reports: StepReport[] = [];
  const weights: ReturnType<typeof copyParameters>[] = [];
  let scores: number[] = [];
  await train(network, parameters, {
    steps: golden.steps.length,
    seed: 0,
    schedule: { peak: 2e-3, warmUp: 4 },
    optimiser: { weightDecay: 0.1, epsilon: 1e-6 },
    clip: 0.5,
    batchesOf: () => [
      {
        feeds,
        loss: ({ data }) => {
          scores = [...data];
          const errors = scores.map((score, row) => score - Math.cos(row));
          return {
            value: errors.reduce((sum, error) => sum + error ** 2, 0) / rows,
            gradient: errors.map((error) => (2 * error) / rows),
          };
        },
      },
    ],
    onStep: (report) => {
      reports.push(report);
      weights.push(copyParameters(parameters));
    },
  });

  test.each(golden.steps.map((step, i) => ({ step: i + 1, ...step })))(
    'step $step',
    ({ step, loss, norm, weights: expected }) => {
      expect(reports[step - 1]!.loss).toBeCloseTo(loss, 4);
      expect(reports[step - 1]!.norm / norm).toBeCloseTo(1, 3);
      for (const [name, values] of Object.entries(expected)) {
        const { data } = weights[step - 1]!.get(name)!;
        for (const [i, value] of values.entries()) {
          expect(Math.abs(data[13 * i]! - value), `${name} of step ${step}`).toBeLessThan(1e-4);
        }
      }
    },
  );

  test('and the scores after them', () => {
    for (const [row, score] of golden.scores.entries()) expect(scores[row]).toBeCloseTo(score, 4);
  });
});

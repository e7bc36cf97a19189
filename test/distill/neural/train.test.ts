import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Parameters } from '../../../src/distill/neural/parameters.js';
import { type StepReport, type TrainOptions, train } from '../../../src/distill/neural/train.js';
import { temporaryFolder } from '../../formats/temporary-folder.js';
import { openSmallNetwork, xorBatch } from './small-network.js';

const options = {
  steps: 20,
  batchesOf: (step: number) => [xorBatch(step), xorBatch(-step)],
  schedule: { peak: 0.05, warmUp: 3 },
  dropout: 0.2,
  seed: 7,
} satisfies TrainOptions;

const bits = (parameters: Parameters) =>
  Object.fromEntries([...parameters].map(([name, { data }]) => [name, [...data]]));

async function run(more: Partial<TrainOptions> = {}) {
  const { network, parameters } = await openSmallNetwork();
  await using _closed = network;
  const reports: StepReport[] = [];
  const trained = await train(network, parameters, {
    ...options,
    ...more,
    onStep: (report) => {
      reports.push(report);
      more.onStep?.(report);
    },
  });
  return { ...trained, reports };
}

test('a network learns what no line can tell apart', async () => {
  const { reports } = await run({ steps: 300, dropout: 0 });
  expect(reports[0]!.loss).toBeGreaterThan(0.4);
  expect(reports.at(-1)!.loss).toBeLessThan(0.15);
});

test('the same seed gives the same weights, and another one others', async () => {
  const [one, same, other] = [await run(), await run(), await run({ seed: 8 })];
  expect(bits(same.parameters)).toEqual(bits(one.parameters));
  expect(bits(other.parameters)).not.toEqual(bits(one.parameters));
});

test('two halves of a batch give what the whole gives', async () => {
  const join = (step: number) => {
    const [a, b] = [xorBatch(step, 4), xorBatch(-step, 4)];
    const data = Float32Array.from([...a.feeds.x!.data, ...b.feeds.x!.data].map(Number));
    return {
      feeds: { x: { data, shape: [8, 2] } },
      loss: (output: { data: Float32Array; shape: readonly number[] }) => {
        const parts = [a, b].map((part, i) =>
          part.loss({ data: output.data.subarray(4 * i, 4 * i + 4), shape: [4, 1] }),
        );
        return {
          value: (parts[0]!.value + parts[1]!.value) / 2,
          gradient: parts.flatMap(({ gradient }) => Array.from(gradient, (g) => g / 2)),
        };
      },
    };
  };
  const apart = await run({ dropout: 0, batchesOf: (step) => [xorBatch(step, 4), xorBatch(-step, 4)] });
  const whole = await run({ dropout: 0, batchesOf: (step) => [join(step)] });
  for (const [i, report] of apart.reports.entries()) {
    expect(report.loss).toBeCloseTo(whole.reports[i]!.loss, 4);
    expect(report.norm).toBeCloseTo(whole.reports[i]!.norm, 4);
  }
});

describe('a run that was stopped goes on to the same weights, bit by bit', () => {
  const settings = { every: 4, settings: 'small network, xor' };
  // The measurement is of the weights, so that what was best must come through as well.
  const validation = {
    every: 3,
    measure: async (parameters: Parameters) => -Math.abs(parameters.get('score.bias')!.data[0]! - 0.01),
  };

  test.each([
    ['aborted after step 7', 7, 7],
    ['killed after step 10, with a checkpoint of step 8', 10, 8],
  ])('%s', async (how, last, from) => {
    const path = join(temporaryFolder(), 'run', 'checkpoint.safetensors');
    const whole = await run({ validation });
    const controller = new AbortController();
    const stopped = run({
      validation,
      checkpoint: { path, ...settings },
      signal: controller.signal,
      onStep: ({ step }) => {
        if (step !== last) return;
        if (how.startsWith('aborted')) controller.abort();
        else throw new Error('killed');
      },
    });
    await expect(stopped).rejects.toThrow();
    const rest = await run({ validation, checkpoint: { path, ...settings } });
    expect(rest.reports[0]!.step).toBe(from + 1);
    expect(rest.reports).toEqual(whole.reports.slice(from));
    expect(bits(rest.parameters)).toEqual(bits(whole.parameters));
    expect([rest.step, rest.value]).toEqual([whole.step, whole.value]);
    // One that was finished is not trained again.
    const again = await run({ validation, checkpoint: { path, ...settings } });
    expect(again.reports).toEqual([]);
    expect(bits(again.parameters)).toEqual(bits(whole.parameters));
  });

  test('a checkpoint of other settings is refused', async () => {
    const path = join(temporaryFolder(), 'checkpoint.safetensors');
    await run({ steps: 2, checkpoint: { path, ...settings } });
    const other = run({ checkpoint: { path, every: 1, settings: 'another' } });
    await expect(other).rejects.toMatchObject({ code: 'bad-file', where: path });
  });
});

test('validation gives back the best weights and stops without a better one', async () => {
  const seen: ReturnType<typeof bits>[] = [];
  const measure = async (parameters: Parameters) => [1, 3, 2, 3][seen.push(bits(parameters)) - 1]!;
  const trained = await run({ steps: 100, validation: { every: 5, patience: 2, measure } });
  expect({ step: trained.step, value: trained.value }).toEqual({ step: 10, value: 3 });
  expect(trained.reports.at(-1)!.step).toBe(20);
  expect(bits(trained.parameters)).toEqual(seen[1]);
});

describe('what cannot go on says at which step', () => {
  test.each([
    ['a loss that is NaN', { value: Number.NaN, gradient: new Array(16).fill(0) }],
    ['a gradient that is infinite', { value: 1, gradient: new Array(16).fill(Infinity) }],
  ])('%s', async (_, broken) => {
    const failed = run({
      batchesOf: (step) => [step < 3 ? xorBatch(step) : { ...xorBatch(step), loss: () => broken }],
    });
    await expect(failed).rejects.toMatchObject({ code: 'diverged', where: 'step 3' });
  });

  test('a step without a batch', async () => {
    await expect(run({ batchesOf: () => [] })).rejects.toMatchObject({ code: 'too-little-data' });
  });
});

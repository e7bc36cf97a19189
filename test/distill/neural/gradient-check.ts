import { expect } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { GradientSum } from '../../../src/distill/neural/gradient-sum.js';
import { type Feeds, Network } from '../../../src/distill/neural/network.js';
import type { Parameters } from '../../../src/distill/neural/parameters.js';
import { elements } from '../../../src/distill/neural/shape.js';
import { Tape, type Value } from '../../../src/distill/neural/tape.js';

type Build = (tape: Tape, parameters: Record<string, Value>) => Value;

interface GradientCase {
  /** Shapes of the parameters. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly build: Build;
  readonly feeds?: Feeds;
  /** Values that parameters have instead of normal ones. */
  readonly values?: Readonly<Record<string, readonly number[]>>;
}

/** Compares every element of every parameter's gradient of L = Σ c · output, c random, with central differences. */
export async function expectGradients({
  shapes,
  build,
  feeds = {},
  values = {},
}: GradientCase): Promise<void> {
  const tape = new Tape();
  const given = Object.entries(shapes).map(([name, shape]) => [name, tape.parameter(name, shape)] as const);
  const parameters: Parameters = new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const random = randomStream(1, name);
      const data = Float32Array.from(
        values[name] ?? Array.from({ length: elements(shape) }, () => random.normal()),
      );
      return [name, { shape, data }];
    }),
  );
  await using network = await Network.open(build(tape, Object.fromEntries(given)), { threads: 1 });
  const first = await network.forward(parameters, feeds);
  const random = randomStream(1, 'output');
  const seed = Float32Array.from(first.output.data, () => random.normal());
  const loss = async (): Promise<number> => {
    const { output } = await network.forward(parameters, feeds);
    return output.data.reduce((sum, value, i) => sum + value * seed[i]!, 0);
  };
  const again = await network.forward(parameters, feeds);
  const sum = new GradientSum(parameters);
  await again.backward(seed, sum);
  const step = 2e-3;
  for (const [name, { data }] of parameters) {
    const gradient = [...sum.get(name)];
    const differences: number[] = [];
    for (const [i, value] of data.entries()) {
      data[i] = value + step;
      const up = await loss();
      data[i] = value - step;
      const down = await loss();
      data[i] = value;
      differences.push((up - down) / (2 * step));
    }
    const size = Math.max(1, ...differences.map(Math.abs));
    for (const [i, difference] of differences.entries()) {
      // float32: a difference of sums near 1 has an error of about 1e-7 / step.
      expect(
        Math.abs(gradient[i]! - difference) / size,
        `${name}[${i}]: ${gradient[i]} and ${difference}`,
      ).toBeLessThan(2e-3);
    }
  }
}

import { describe, expect, test } from 'vitest';
import { focal } from '../../../src/distill/losses/focal.js';
import { keepItems } from '../../../src/distill/losses/keep-items.js';
import { labelRobust } from '../../../src/distill/losses/label-robust.js';
import type { Loss } from '../../../src/distill/losses/loss.js';
import { losses } from '../../../src/distill/losses/registry.js';
import golden from './golden/settings.json' with { type: 'json' };

interface Entry {
  readonly loss: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly s: readonly number[];
  readonly t: readonly number[];
  readonly value: number;
  readonly grad: readonly number[];
  /** Of LambdaRank alone. */
  readonly hessian?: readonly number[];
}

/** Lists of numbers in JSON are the arrays of numbers that the losses take. */
const asOptions = (options: Entry['options']) =>
  Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key,
      Array.isArray(value) ? Float64Array.from(value) : value,
    ]),
  );

const isClose = (one: number, expected: number): boolean =>
  Math.abs(one - expected) <= 1e-11 * Math.max(1, Math.abs(expected));

describe('at other settings and with weights they are what the papers write (golden/make-settings.py)', () => {
  test.each((golden as Entry[]).map((entry, i) => ({ ...entry, i })))('$i: $loss $options', (entry) => {
    const loss = losses[entry.loss as keyof typeof losses] as (
      s: Float64Array,
      t: Float64Array,
      options: object,
    ) => Loss & { readonly hessian?: Float64Array };
    const found = loss(Float64Array.from(entry.s), Float64Array.from(entry.t), asOptions(entry.options));
    expect(isClose(found.value, entry.value), `${found.value} for ${entry.value}`).toBe(true);
    expect(
      entry.grad.every((one, i) => isClose(found.grad[i]!, one)),
      `${found.grad} for ${entry.grad}`,
    ).toBe(true);
    expect(
      (entry.hessian ?? []).every((one, i) => isClose(found.hessian![i]!, one)),
      `${found.hessian} for ${entry.hessian}`,
    ).toBe(true);
  });
});

describe('focal with γ = 0 is binary cross-entropy', () => {
  test('where a soft target is met, whose entropy is not 0', () => {
    expect(focal(Float64Array.of(0), Float64Array.of(0.5), { gamma: 0 }).value).toBeCloseTo(Math.LN2, 12);
  });
  test('where a score is so far out that its probability is no normal number', () => {
    const far = [Float64Array.of(-720, 3), Float64Array.of(0, 1)] as const;
    expect(focal(...far, { gamma: 0 }).grad).toEqual(losses.bce(...far).grad);
  });
});

describe('LDR, where negatives may be false', () => {
  const s = Float64Array.of(0.4, 1.3, -0.2);
  const t = Float64Array.of(1, 0, 0);
  test('a rival that is left out is as if it were not in the list', () => {
    const without = keepItems(labelRobust, [true, false, true])(s, t);
    const { value, grad } = labelRobust(s, t, { presence: Float64Array.of(1, 0, 1) });
    expect(value).toBeCloseTo(without.value, 12);
    grad.forEach((one, i) => {
      expect(one).toBeCloseTo(without.grad[i]!, 12);
    });
  });
  test('at a high temperature it is the mean by presence of how far rivals lead', () => {
    const presence = Float64Array.of(1, 0.25, 0.5);
    const mean = (0.25 * (1.3 - 0.4) + 0.5 * (-0.2 - 0.4)) / (1 + 0.75);
    expect(labelRobust(s, t, { presence, temperature: 1e6, margin: 0 }).value).toBeCloseTo(mean, 5);
  });
});

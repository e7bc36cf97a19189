import { describe, expect, test } from 'vitest';
import type { LossFunction } from '../../../src/distill/losses/loss.js';
import { batchLosses, losses } from '../../../src/distill/losses/registry.js';
import golden from './golden/golden.json' with { type: 'json' };

/** allRank's constants are float32. */
const digitsOf = (source: string): number => (source.startsWith('allrank') ? 5 : 11);

describe('values and gradients are those of other systems (golden/make-golden.py)', () => {
  test.each(golden.lists.map((entry, i) => ({ ...entry, i })))('$loss as $source, list $i', (entry) => {
    const loss: LossFunction = losses[entry.loss as keyof typeof losses];
    const { value, grad } = loss(Float64Array.from(entry.s), Float64Array.from(entry.t));
    expect(value).toBeCloseTo(entry.value, digitsOf(entry.source));
    grad.forEach((one, i) => {
      expect(one).toBeCloseTo(entry.grad[i]!, digitsOf(entry.source));
    });
  });

  test.each(golden.batches)('$loss as $source', ({ loss, lists, value, grads }) => {
    const ours = batchLosses[loss as keyof typeof batchLosses](
      lists.map(({ s, t }) => ({ s: Float64Array.from(s), t: Float64Array.from(t) })),
    );
    expect(ours.value).toBeCloseTo(value, 9);
    ours.grads.forEach((grad, list) => {
      grad.forEach((one, i) => {
        expect(one).toBeCloseTo(grads[list]![i]!, 8);
      });
    });
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AdamW } from '../../../src/distill/neural/adam-w.js';
import { GradientSum } from '../../../src/distill/neural/gradient-sum.js';
import { copyParameters } from '../../../src/distill/neural/parameters.js';

const [rows, width] = [6, 3];

/** A table's gradient as rows of some ids, and the same one whole. */
const step = fc
  .array(
    fc.tuple(
      fc.nat({ max: rows - 1 }),
      fc.array(fc.integer({ min: -8, max: 8 }), { minLength: width, maxLength: width }),
    ),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((drawn) => {
    const whole = new Float32Array(rows * width);
    for (const [id, row] of drawn) for (const [k, value] of row.entries()) whole[id * width + k]! += value;
    return {
      ids: BigInt64Array.from(drawn, ([id]) => BigInt(id)),
      values: Float32Array.from(drawn.flatMap(([, row]) => row)),
      whole,
    };
  });

test('gradients of rows change a table as the whole gradient does, also after a stop', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), fc.nat({ max: 5 }), (steps, stop) => {
      const data = Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i));
      const byRows = new Map([['table', { shape: [rows, width], data }]]);
      const whole = copyParameters(byRows);
      let optimiser = new AdamW(byRows, { weightDecay: 0.3 });
      const other = new AdamW(whole, { weightDecay: 0.3 });
      let sums = new GradientSum(byRows);
      const otherSums = new GradientSum(whole);
      for (const [i, { ids, values, whole: gradient }] of steps.entries()) {
        if (i === stop) {
          const { moments, steps: taken } = optimiser;
          optimiser = new AdamW(byRows, { weightDecay: 0.3 });
          optimiser.steps = taken;
          for (const [name, { first, second }] of moments) {
            optimiser.moments.set(name, { first: first.slice(), second: second.slice() });
          }
          sums = new GradientSum(byRows);
        }
        sums.clear();
        sums.addRows('table', ids, values);
        otherSums.clear();
        otherSums.claim('table')!.set(gradient);
        expect(sums.get('table')).toEqual(gradient);
        expect(sums.norm()).toBeCloseTo(Math.hypot(...gradient), 4);
        optimiser.step(sums, 0.1, 0.5);
        other.step(otherSums, 0.1, 0.5);
        expect(byRows.get('table')!.data).toEqual(whole.get('table')!.data);
      }
    }),
  );
});

test('rows after a whole gradient, and a whole one after rows, add up', () => {
  const sums = new GradientSum(new Map([['table', { shape: [2, 2], data: new Float32Array(4) }]]));
  for (const first of ['rows', 'whole']) {
    sums.clear();
    if (first === 'rows') {
      sums.addRows('table', BigInt64Array.of(1n), Float32Array.of(1, 2));
      sums.add('table', Float32Array.of(1, 1, 1, 1));
    } else {
      sums.claim('table')!.fill(1);
      sums.addRows('table', BigInt64Array.of(1n), Float32Array.of(1, 2));
    }
    expect([...sums.get('table')]).toEqual([1, 1, 2, 3]);
    expect(sums.touchedRows('table')).toBeUndefined();
  }
});

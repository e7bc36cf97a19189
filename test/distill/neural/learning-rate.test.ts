import { expect, test } from 'vitest';
import { learningRate } from '../../../src/distill/neural/learning-rate.js';

test.each([
  ['linear', { peak: 1, warmUp: 2 }, [0.5, 1, 1, 0.75, 0.5, 0.25]],
  ['cosine', { peak: 1, warmUp: 2, decay: 'cosine' }, [0.5, 1, 1, 0.854, 0.5, 0.146]],
  ['none', { peak: 2, warmUp: 1, decay: 'none' }, [2, 2, 2, 2, 2, 2]],
  ['no warm-up', { peak: 3 }, [3, 2.5, 2, 1.5, 1, 0.5]],
] as const)('%s', (_, schedule, expected) => {
  const rates = expected.map((_rate, i) => learningRate(i + 1, 6, schedule));
  expect(rates.map((rate) => Number(rate.toFixed(3)))).toEqual(expected);
});

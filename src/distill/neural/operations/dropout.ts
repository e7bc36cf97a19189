import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Random } from '../../../core/random.js';
import type { Tape, Value } from '../tape.js';
import { multiply } from './arithmetic.js';

const prefix = 'dropout/';

/** Whether an input is a mask that the network makes itself. */
export const isDropoutInput = (name: string): boolean => name.startsWith(prefix);

/**
 * Dropout with a mask from outside, so that the seed decides and a step can be repeated: the mask is an input that
 * `Network.forward` fills.
 * @param name of the mask, which its random stream is named by
 * @see Srivastava et al. 2014, Journal of Machine Learning Research 15
 */
export const dropout = (x: Value, name: string): Value => multiply(x, dropoutInput(x.tape, name, x.shape));

/** The mask alone, for operations that take one, such as `attention`. */
export const dropoutInput = (tape: Tape, name: string, shape: Value['shape']): Value =>
  tape.input(`${prefix}${name}`, 'float32', shape);

/**
 * Fills a mask: 0 with probability `rate`, else 1 / (1 − rate), so that means stay.
 * @param rate at least 0 and below 1, in steps of 1 / 65536
 */
export function fillDropoutMask(mask: Float32Array, rate: number, random: Random): void {
  if (rate === 0) {
    mask.fill(1);
    return;
  }
  const generator = xoroshiro128plus(random.int(2 ** 31));
  const limit = Math.round(rate * 65536);
  const kept = 1 / (1 - rate);
  // Two elements a draw: there are millions of them in a step.
  for (let i = 0; i < mask.length; i += 2) {
    const bits = generator.next();
    mask[i] = (bits & 0xffff) < limit ? 0 : kept;
    if (i + 1 < mask.length) mask[i + 1] = bits >>> 16 < limit ? 0 : kept;
  }
}

import { itemWeights, type Loss, type LossContext } from './loss.js';

/**
 * The student copies the teacher's values.
 * L = 1/W Σ_i w_i (s_i − t_i)²;  dL/ds_i = 2 w_i (s_i − t_i) / W, W the sum of the weights
 * @param s student scores  @param t teacher scores on the scale that the student shall have
 */
export function meanSquaredError(s: Float64Array, t: Float64Array, context: LossContext = {}): Loss {
  const { each, total } = itemWeights(s.length, context);
  const share = total > 0 ? 1 / total : 0;
  const grad = s.map((value, i) => 2 * share * each[i]! * (value - t[i]!));
  return { value: s.reduce((sum, value, i) => sum + (grad[i]! * (value - t[i]!)) / 2, 0), grad };
}

export interface AdamWSettings {
  readonly learningRate: number;
  /** Decay of each array of values, decoupled from the gradient. Aligned with them. */
  readonly decays: readonly number[];
}

/**
 * AdamW over arrays of values that it changes in place.
 * @returns one step from their gradients; `rate` is this step's share of the learning rate, 1 when left out
 * @see Loshchilov & Hutter 2019, arXiv:1711.05101
 */
export function createAdamW(
  values: readonly Float64Array[],
  { learningRate, decays }: AdamWSettings,
): (gradients: readonly Float64Array[], rate?: number) => void {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
  const slots = values.map((array) => ({
    array,
    m: new Float64Array(array.length),
    v: new Float64Array(array.length),
  }));
  let step = 0;
  return (gradients, rate = 1) => {
    step++;
    const eta = learningRate * rate;
    for (const [index, { array, m, v }] of slots.entries()) {
      const gradient = gradients[index]!;
      for (let k = 0; k < array.length; k++) {
        m[k] = beta1 * m[k]! + (1 - beta1) * gradient[k]!;
        v[k] = beta2 * v[k]! + (1 - beta2) * gradient[k]! ** 2;
        const update = m[k]! / (1 - beta1 ** step) / (Math.sqrt(v[k]! / (1 - beta2 ** step)) + epsilon);
        array[k]! -= eta * (decays[index]! * array[k]! + update);
      }
    }
  };
}

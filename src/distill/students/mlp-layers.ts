import { randomStream } from '../../core/random.js';

/** A fully connected layer. */
interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

/** He's initialisation (arXiv:1502.01852) for the hidden layers, zeros for the last. */
export function initialLayers(sizes: readonly number[], seed: number): Layer[] {
  return sizes.slice(1).map((outputs, depth) => {
    const inputs = sizes[depth]!;
    const random = randomStream(seed, 'mlp-layer', depth);
    const last = depth === sizes.length - 2;
    return {
      inputs,
      outputs,
      weights: Float64Array.from({ length: inputs * outputs }, () =>
        last ? 0 : random.normal() * Math.sqrt(2 / inputs),
      ),
      bias: new Float64Array(outputs),
    };
  });
}

/** What each layer gives, the input first and the outputs of each row last. */
export function forward(layers: readonly Layer[], input: Float64Array, rows: number): Float64Array[] {
  const activations: Float64Array[] = [input];
  for (const [depth, { inputs, outputs, weights, bias }] of layers.entries()) {
    const from = activations[depth]!;
    const to = new Float64Array(rows * outputs);
    for (let row = 0; row < rows; row++) {
      for (let o = 0; o < outputs; o++) to[row * outputs + o] = bias[o]!;
      for (let i = 0; i < inputs; i++) {
        const value = from[row * inputs + i]!;
        if (value === 0) continue;
        for (let o = 0; o < outputs; o++) to[row * outputs + o]! += value * weights[i * outputs + o]!;
      }
    }
    if (depth < layers.length - 1) for (let k = 0; k < to.length; k++) if (to[k]! < 0) to[k] = 0;
    activations.push(to);
  }
  return activations;
}

/** One array a head of what stands row by row. */
export const splitColumns = (values: Float64Array, columns: number): Float64Array[] =>
  Array.from({ length: columns }, (_, column) =>
    Float64Array.from({ length: values.length / columns }, (_, row) => values[row * columns + column]!),
  );

export const joinColumns = (columns: readonly Float64Array[]): Float64Array =>
  Float64Array.from(
    { length: columns.length * columns[0]!.length },
    (_, i) => columns[i % columns.length]![Math.floor(i / columns.length)]!,
  );

/**
 * Adds one list's gradient to `gradients`: weights and bias of each layer in turn.
 * @param ofOutput row by row, one value a head
 */
export function backward(
  layers: readonly Layer[],
  gradients: readonly Float64Array[],
  activations: readonly Float64Array[],
  ofOutput: Float64Array,
): void {
  const rows = ofOutput.length / layers.at(-1)!.outputs;
  let error = ofOutput;
  for (let depth = layers.length - 1; depth >= 0; depth--) {
    const { inputs, outputs, weights } = layers[depth]!;
    const from = activations[depth]!;
    const [ofWeights, ofBias] = [gradients[2 * depth]!, gradients[2 * depth + 1]!];
    const before = new Float64Array(rows * inputs);
    for (let row = 0; row < rows; row++) {
      for (let o = 0; o < outputs; o++) ofBias[o]! += error[row * outputs + o]!;
      for (let i = 0; i < inputs; i++) {
        const value = from[row * inputs + i]!;
        let sum = 0;
        for (let o = 0; o < outputs; o++) {
          const e = error[row * outputs + o]!;
          ofWeights[i * outputs + o]! += e * value;
          sum += e * weights[i * outputs + o]!;
        }
        // ReLU passes nothing back where it gave nothing; the input needs no gradient.
        if (depth > 0 && value > 0) before[row * inputs + i] = sum;
      }
    }
    error = before;
  }
}

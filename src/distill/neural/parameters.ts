import { randomStream } from '../../core/random.js';
import { elements } from './shape.js';
import type { Tape } from './tape.js';

/** Trained tensors by name, float32, row by row; training changes them in place. */
export type Parameters = ReadonlyMap<string, Parameter>;

export interface Parameter {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface InitialOptions {
  /** Standard deviation of the matrices' weights. @default 0.02 */
  readonly deviation?: number;
}

/**
 * First weights as BERT has them: matrices normal, layer norms' gains 1, biases 0. Each parameter is drawn from a stream
 * of its own, so another layer changes nothing of the rest.
 */
export function initialParameters(tape: Tape, seed: number, options?: InitialOptions): Parameters {
  return new Map(
    [...tape.parameters].map(([name, { shape }]) => [
      name,
      initialParameter(name, shape as readonly number[], seed, options),
    ]),
  );
}

export function initialParameter(
  name: string,
  shape: readonly number[],
  seed: number,
  { deviation = 0.02 }: InitialOptions = {},
): Parameter {
  const data = new Float32Array(elements(shape));
  if (shape.length > 1) {
    const random = randomStream(seed, 'parameter', name);
    for (let i = 0; i < data.length; i++) data[i] = deviation * random.normal();
  } else if (name.endsWith('.weight')) data.fill(1);
  return { shape, data };
}

/** A copy that later training leaves alone. */
export const copyParameters = (parameters: Parameters): Parameters =>
  new Map([...parameters].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));

import type { GradientSum } from './gradient-sum.js';
import type { Parameters } from './parameters.js';

export interface AdamWSettings {
  /** Share of a weight that a step at learning rate 1 takes off. @default 0.01 */
  readonly weightDecay?: number;
  /** @default 0.9 */
  readonly beta1?: number;
  /** @default 0.999 */
  readonly beta2?: number;
  /** @default 1e-8 */
  readonly epsilon?: number;
}

/** Running means of a parameter's gradient and of its square. */
export interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/**
 * AdamW: Adam with weight decay of its own, on matrices and not on biases or layer norms' gains. Changes the parameters in
 * place; one whose gradient is not given stays as it is. The figures are those of PyTorch's `AdamW` to float32's precision.
 * @see Loshchilov & Hutter 2019, arXiv:1711.05101
 */
export class AdamW {
  /** Steps taken. */
  steps = 0;
  readonly moments = new Map<string, Moments>();
  readonly #parameters: Parameters;
  readonly #settings: Required<AdamWSettings>;
  /** By table, which rows have moments other than 0. */
  readonly #moving = new Map<string, Uint8Array>();

  constructor(parameters: Parameters, settings: AdamWSettings = {}) {
    this.#parameters = parameters;
    this.#settings = { weightDecay: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...settings };
  }

  /** @param factor multiplies every gradient, for instance to clip them */
  step(gradients: GradientSum, learningRate: number, factor = 1): void {
    this.steps++;
    const { weightDecay, beta1, beta2, epsilon } = this.#settings;
    for (const name of gradients.filled) {
      const { data, shape } = this.#parameters.get(name)!;
      const update: Update = {
        data,
        gradient: gradients.get(name),
        ...this.#momentsOf(name, data.length),
        factor,
        beta1,
        beta2,
        epsilon,
        kept: shape.length > 1 ? 1 - learningRate * weightDecay : 1,
        stepSize: learningRate / (1 - beta1 ** this.steps),
        unbias: 1 / Math.sqrt(1 - beta2 ** this.steps),
      };
      const touched = gradients.touchedRows(name);
      if (touched) this.#updateRows(name, update, touched);
      else {
        this.#moving.delete(name);
        updateRange(update, 0, data.length);
      }
    }
  }

  /**
   * A row that never had a gradient only decays, which spares the square roots of most of a vocabulary; the figures are
   * those of updating it.
   */
  #updateRows(name: string, update: Update, touched: Uint8Array): void {
    const { data, kept, first, second } = update;
    const width = data.length / touched.length;
    let moving = this.#moving.get(name);
    if (!moving) {
      const isMoving = (row: number): boolean => {
        const range = [row * width, (row + 1) * width] as const;
        return first.subarray(...range).some(Boolean) || second.subarray(...range).some(Boolean);
      };
      moving = touched.map((_, row) => Number(isMoving(row)));
      this.#moving.set(name, moving);
    }
    for (let row = 0; row < touched.length; row++) {
      const [start, end] = [row * width, (row + 1) * width];
      if (touched[row]) moving[row] = 1;
      if (moving[row]) updateRange(update, start, end);
      else if (kept !== 1) for (let i = start; i < end; i++) data[i]! *= kept;
    }
  }

  #momentsOf(name: string, length: number): Moments {
    const known = this.moments.get(name);
    if (known) return known;
    const fresh = { first: new Float32Array(length), second: new Float32Array(length) };
    this.moments.set(name, fresh);
    return fresh;
  }
}

interface Update extends Moments {
  readonly data: Float32Array;
  readonly gradient: Float32Array;
  readonly factor: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** What weight decay leaves of a weight. */
  readonly kept: number;
  readonly stepSize: number;
  /** 1 / √(1 − β₂ᵗ) */
  readonly unbias: number;
}

function updateRange(update: Update, start: number, end: number): void {
  const { data, gradient, first, second, factor, beta1, beta2, epsilon, kept, stepSize, unbias } = update;
  for (let i = start; i < end; i++) {
    const g = gradient[i]! * factor;
    const m = beta1 * first[i]! + (1 - beta1) * g;
    const v = beta2 * second[i]! + (1 - beta2) * g * g;
    first[i] = m;
    second[i] = v;
    data[i] = data[i]! * kept - (stepSize * m) / (Math.sqrt(v) * unbias + epsilon);
  }
}

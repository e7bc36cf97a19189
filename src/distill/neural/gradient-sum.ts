import type { Parameters } from './parameters.js';

/** The sum of the gradients of several passes, by parameter. */
export class GradientSum {
  readonly #lengths: ReadonlyMap<string, number>;
  readonly #sums = new Map<string, Float32Array>();
  readonly #filled = new Set<string>();
  readonly #touched = new Map<string, Uint8Array>();

  constructor(parameters: Parameters) {
    this.#lengths = new Map([...parameters].map(([name, { data }]) => [name, data.length]));
  }

  /** Where the next gradient may be written, with nothing to add it to; nothing once there is one. */
  claim(name: string): Float32Array | undefined {
    if (this.#filled.has(name)) return undefined;
    this.#filled.add(name);
    this.#touched.delete(name);
    return this.#sumOf(name);
  }

  add(name: string, gradient: Float32Array): void {
    this.#touched.delete(name);
    const sum = this.#sumOf(name);
    for (let i = 0; i < sum.length; i++) sum[i]! += gradient[i]!;
  }

  /** Adds row i of `rows` to the row numbered `ids[i]`. */
  addRows(name: string, ids: BigInt64Array, rows: Float32Array): void {
    const sum = this.#sumOf(name);
    const width = rows.length / ids.length;
    if (!this.#filled.has(name)) this.#startRows(name, sum, width);
    this.#filled.add(name);
    const touched = this.#touched.get(name);
    for (let i = 0; i < ids.length; i++) {
      const row = Number(ids[i]);
      if (touched) touched[row] = 1;
      const [to, from] = [row * width, i * width];
      for (let k = 0; k < width; k++) sum[to + k]! += rows[from + k]!;
    }
  }

  /** A parameter's summed gradient; it is only valid when a pass has given one. */
  get(name: string): Float32Array {
    return this.#sums.get(name)!;
  }

  /** For each row of a table whether it has a gradient, where others are zeros; nothing where all may have one. */
  touchedRows(name: string): Uint8Array | undefined {
    return this.#touched.get(name);
  }

  /** Names that have a gradient. */
  get filled(): ReadonlySet<string> {
    return this.#filled;
  }

  /** The next gradients start new sums. */
  clear(): void {
    this.#filled.clear();
  }

  /** √(sum of squares) over all parameters: NaN or infinite where an element is. */
  norm(): number {
    let sum = 0;
    for (const name of this.#filled) {
      const values = this.#sums.get(name)!;
      const touched = this.#touched.get(name);
      if (!touched) {
        sum += squares(values);
        continue;
      }
      const width = values.length / touched.length;
      for (const [row, has] of touched.entries()) {
        if (has) sum += squares(values.subarray(row * width, (row + 1) * width));
      }
    }
    return Math.sqrt(sum);
  }

  #sumOf(name: string): Float32Array {
    const known = this.#sums.get(name);
    if (known) return known;
    const sum = new Float32Array(this.#lengths.get(name)!);
    this.#sums.set(name, sum);
    return sum;
  }

  /** Zeros, written only where there is something else: a vocabulary's table is far larger than what a step touches. */
  #startRows(name: string, sum: Float32Array, width: number): void {
    const touched = this.#touched.get(name);
    if (!touched) {
      this.#touched.set(name, new Uint8Array(sum.length / width));
      sum.fill(0);
      return;
    }
    for (const [row, has] of touched.entries()) if (has) sum.fill(0, row * width, (row + 1) * width);
    touched.fill(0);
  }
}

/** Four sums side by side, or each addition would wait for the one before; declared one by one, or V8 keeps them in memory. */
function squares(values: Float32Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const even = values.length & ~3;
  for (let i = 0; i < even; i += 4) {
    const w = values[i]!;
    const x = values[i + 1]!;
    const y = values[i + 2]!;
    const z = values[i + 3]!;
    a += w * w;
    b += x * x;
    c += y * y;
    d += z * z;
  }
  for (let i = even; i < values.length; i++) a += values[i]! * values[i]!;
  return a + b + c + d;
}

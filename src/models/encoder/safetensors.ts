import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { fromFileError, RankforgeError } from '../../core/errors.js';

/** A tensor of a weights file, as float32 values row by row. */
export interface WeightTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const Entry = z.object({
  dtype: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});
const Header = z.record(z.string(), z.unknown());

const bytesPerValue: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

/** The tensors of a safetensors file, by name, read when they are asked for. */
export class Safetensors {
  readonly #entries: ReadonlyMap<string, unknown>;
  readonly #body: Uint8Array;
  /** Texts that the file keeps beside its tensors, as they are: not checked. */
  readonly metadata: unknown;
  readonly #where: string;

  /**
   * @param bytes the whole file: header length (8 bytes), JSON header, data
   * @throws RankforgeError `bad-weights` when the header does not fit the file
   * @see https://github.com/huggingface/safetensors#format
   */
  constructor(bytes: Uint8Array, where: string) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const headerSize = bytes.length >= 8 ? Number(view.getBigUint64(0, true)) : Number.POSITIVE_INFINITY;
    if (headerSize > bytes.length - 8) throw badWeights(where, 'its header is longer than the file');
    let header: z.infer<typeof Header>;
    try {
      header = Header.parse(
        JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + headerSize))),
      );
    } catch (cause) {
      throw badWeights(where, 'its header is not JSON', cause);
    }
    this.#entries = new Map(Object.entries(header).filter(([name]) => name !== '__metadata__'));
    this.metadata = header.__metadata__;
    this.#body = bytes.subarray(8 + headerSize);
    this.#where = where;
  }

  /** Reads a file. @throws RankforgeError `missing-file`, `bad-weights` */
  static async open(path: string): Promise<Safetensors> {
    try {
      return new Safetensors(await readFile(path), path);
    } catch (error) {
      throw fromFileError(error, path);
    }
  }

  get names(): string[] {
    return [...this.#entries.keys()];
  }

  /**
   * A tensor by name. Float32 data is a view of the file where its alignment allows; F16 and BF16 are widened.
   * @throws RankforgeError `bad-weights` when it is missing, of another type or shape, or outside the file
   */
  tensor(name: string, shape?: readonly number[]): WeightTensor {
    const parsed = Entry.safeParse(this.#entries.get(name));
    if (!parsed.success) {
      throw badWeights(
        this.#where,
        this.#entries.has(name) ? `tensor ${name} is not described` : `it has no tensor ${name}`,
      );
    }
    const { dtype, data_offsets, shape: actual } = parsed.data;
    const [start, end] = data_offsets;
    const width = bytesPerValue[dtype];
    if (width === undefined)
      throw badWeights(this.#where, `tensor ${name} is ${dtype}, not F32, F16 or BF16`);
    if (shape && (shape.length !== actual.length || shape.some((size, i) => size !== actual[i]))) {
      throw badWeights(this.#where, `tensor ${name} is [${actual.join(', ')}], not [${shape.join(', ')}]`);
    }
    const size = actual.reduce((product, length) => product * length, 1);
    if (start > end || end > this.#body.length || end - start !== size * width) {
      throw badWeights(this.#where, `tensor ${name} does not lie inside it`);
    }
    return { shape: actual, data: toFloat32(this.#body.subarray(start, end), dtype) };
  }
}

function toFloat32(bytes: Uint8Array, dtype: string): Float32Array {
  if (dtype === 'F32') {
    // A Buffer's slice would be a view again.
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
    return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.length / 2);
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < values.length; i++) {
    const half = view.getUint16(2 * i, true);
    if (dtype === 'BF16') bits[i] = half << 16;
    else values[i] = halfToNumber(half);
  }
  return values;
}

/** IEEE 754 half precision. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const badWeights = (where: string, what: string, cause?: unknown): RankforgeError =>
  new RankforgeError('bad-weights', `${where} is not a whole safetensors file of this model: ${what}`, {
    where,
    hint: 'Delete it and let it be downloaded again.',
    cause,
  });

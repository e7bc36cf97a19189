import type { Block } from '../../core/block-store.js';
import type { FeatureMatrix, FilledCells } from '../features/feature-set.js';
import { spreadCells } from '../features/filled-cells.js';

/** Which feature is in which column: known once the file is read. */
export interface Numbering {
  names: readonly string[];
  /** Column by the feature's number; undefined where columns are as they were written. */
  columnOf?: Uint32Array;
}

/** One query's rows as a block of a store: its starts, its values as floats, its columns. */
export class StoredMatrix implements FeatureMatrix {
  readonly rows: number;
  readonly #block: Block;
  readonly #filled: number;
  readonly #wide: boolean;
  /** The feature's number in the first column as the block was written. */
  readonly #first: number;
  readonly #numbering: Numbering;

  constructor(
    block: Block,
    { starts, columns }: FilledCells,
    { first, numbering }: { readonly first: number; readonly numbering: Numbering },
  ) {
    this.rows = starts.length - 1;
    this.#block = block;
    this.#filled = columns.length;
    this.#wide = columns instanceof Uint32Array;
    this.#first = first;
    this.#numbering = numbering;
  }

  get names(): readonly string[] {
    return this.#numbering.names;
  }

  get data(): Float32Array {
    return spreadCells(this.filled(), this.names.length);
  }

  filled(): FilledCells {
    const { buffer, byteOffset } = this.#block.read();
    const valuesAt = byteOffset + 4 * (this.rows + 1);
    const columnsAt = valuesAt + 4 * this.#filled;
    const columns = this.#wide
      ? new Uint32Array(buffer, columnsAt, this.#filled)
      : new Uint16Array(buffer, columnsAt, this.#filled);
    const { columnOf } = this.#numbering;
    return {
      starts: new Uint32Array(buffer, byteOffset, this.rows + 1),
      values: new Float32Array(buffer, valuesAt, this.#filled),
      columns: columnOf ? Uint32Array.from(columns, (column) => columnOf[column + this.#first]!) : columns,
    };
  }
}

/** @returns the block that `StoredMatrix` reads */
export function toBlock({ starts, columns, values }: FilledCells): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(starts.byteLength + 4 * values.length + columns.byteLength);
  const { buffer } = bytes;
  new Uint32Array(buffer, 0, starts.length).set(starts);
  new Float32Array(buffer, starts.byteLength, values.length).set(values);
  const columnsAt = starts.byteLength + 4 * values.length;
  if (columns instanceof Uint32Array) new Uint32Array(buffer, columnsAt, columns.length).set(columns);
  else new Uint16Array(buffer, columnsAt, columns.length).set(columns);
  return bytes;
}

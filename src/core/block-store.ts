import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fromFileError } from './errors.js';
import { ScratchFile } from './scratch-file.js';

/** Where blocks go that are too many for memory. */
export interface Spill {
  /** Made when it is needed. */
  readonly folder: string;
  /** Bytes that each store holds in memory; with more, all its blocks go to a file. @default 2 ** 26 */
  readonly inMemory?: number;
}

/** Bytes that may lie in a file. */
export interface Block {
  /** From memory the bytes themselves, which nobody may change; from a file a copy. */
  read(part?: BlockPart): Uint8Array<ArrayBuffer>;
}

interface BlockPart {
  /** @default 0 */
  readonly start?: number;
  /** @default to the end */
  readonly length?: number;
  /** Room for the copy, whose pages are then not touched for the first time each time. @default a buffer of its own */
  readonly into?: ArrayBuffer;
}

/**
 * Blocks of bytes: few in memory, many in a file without a name, of which nothing is left however the process ends.
 * Whoever reads a block need not know where it lies.
 */
export class BlockStore implements Disposable {
  readonly #spill: Spill | undefined;
  readonly #blocks: StoredBlock[] = [];
  #held = 0;
  #file: ScratchFile | undefined;

  /** @param spill @default memory, whatever it takes */
  constructor(spill?: Spill) {
    this.#spill = spill;
  }

  /** @throws RankforgeError `disk-full`, `no-permission` */
  add(bytes: Uint8Array<ArrayBuffer>): Block {
    const block = new StoredBlock(bytes);
    if (this.#file) block.moveTo(this.#file);
    else {
      this.#blocks.push(block);
      this.#held += bytes.length;
      if (this.#spill && this.#held > (this.#spill.inMemory ?? 2 ** 26)) this.#toDisk(this.#spill);
    }
    return block;
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
  }

  #toDisk({ folder }: Spill): void {
    const path = join(folder, `${randomUUID()}.tmp`);
    try {
      mkdirSync(folder, { recursive: true });
      this.#file = new ScratchFile(path);
      // Open files need no name; where a system insists on one, it goes on disposal.
      rmSync(path, { force: true });
    } catch (error) {
      if (!this.#file) throw fromFileError(error, path);
    }
    for (const block of this.#blocks.splice(0)) block.moveTo(this.#file!);
  }
}

class StoredBlock implements Block {
  #place: Uint8Array<ArrayBuffer> | { readonly file: ScratchFile; readonly start: number };
  readonly #length: number;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#place = bytes;
    this.#length = bytes.length;
  }

  moveTo(file: ScratchFile): void {
    if (this.#place instanceof Uint8Array) this.#place = { file, start: file.append(this.#place) };
  }

  read({ start = 0, length = this.#length - start, into }: BlockPart = {}): Uint8Array<ArrayBuffer> {
    return this.#place instanceof Uint8Array
      ? this.#place.subarray(start, start + length)
      : this.#place.file.read(this.#place.start + start, length, into);
  }
}

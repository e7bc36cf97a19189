import { dirname } from 'node:path';
import { fromFileError, RankforgeError } from '../core/errors.js';
import { makeFolder } from '../core/make-folder.js';
import type { Passage } from '../core/passage.js';
import { ScratchFile } from '../core/scratch-file.js';

export interface PassageStoreOptions {
  /** Where the file is to lie once there is one; it is made anew, and removed on disposal. */
  readonly path: string;
  /** Characters of text that are held in memory; with more, all passages go to the file. @default 2 ** 27, some 200 MB with what a passage takes besides */
  readonly inMemory?: number;
}

const blockBytes = 1 << 20;

/**
 * Passages by id as a map: a small collection in memory, a large one in a file, of which memory holds ids and some 60 bytes
 * a passage. A passage from the file is read and parsed each time it is asked for, at once: from the system's cache that takes
 * microseconds, and whoever takes a map need not know where it lies. The same order and the same passages either way.
 */
export class PassageStore implements ReadonlyMap<string, Passage>, AsyncDisposable {
  /** In memory; undefined once they lie in the file. */
  #held: Map<string, Passage> | undefined = new Map();
  #characters = 0;
  /** In the file: each passage's number. */
  readonly #numbers = new Map<string, number>();
  /** Where each begins, and the end of the last: 8 bytes each, doubled as they fill. */
  #starts = new Float64Array(1024);
  #file: ScratchFile | undefined;
  readonly #path: string;
  readonly #inMemory: number;

  constructor({ path, inMemory = 2 ** 27 }: PassageStoreOptions) {
    this.#path = path;
    this.#inMemory = inMemory;
  }

  /** Whether the passages lie in the file. */
  get isOnDisk(): boolean {
    return this.#held === undefined;
  }

  get size(): number {
    return (this.#held ?? this.#numbers).size;
  }

  /**
   * Adds a passage whose id is new, under `passage.id`.
   * @throws RankforgeError `duplicate-id`; `disk-full`, `no-permission`
   */
  async add(passage: Passage): Promise<void> {
    if (this.has(passage.id)) {
      throw new RankforgeError('duplicate-id', `Two passages have the id "${passage.id}"`, {
        where: passage.id,
        hint: 'Give each passage an id of its own.',
      });
    }
    if (this.#held) {
      this.#held.set(passage.id, passage);
      this.#characters += passage.text.length + (passage.title?.length ?? 0);
      if (this.#characters > this.#inMemory) await this.toDisk();
    } else this.#append(passage);
  }

  /** Puts what is held into the file now, and with it all that comes. @throws RankforgeError `missing-file`, `no-permission`, `disk-full` */
  async toDisk(): Promise<void> {
    const held = this.#held;
    if (!held) return;
    await makeFolder(dirname(this.#path)).catch((error) => {
      throw fromFileError(error, this.#path);
    });
    this.#file = new ScratchFile(this.#path);
    this.#held = undefined;
    for (const passage of held.values()) this.#append(passage);
  }

  get(id: string): Passage | undefined {
    if (this.#held) return this.#held.get(id);
    const number = this.#numbers.get(id);
    return number === undefined ? undefined : this.#read(number, number + 1)[0];
  }

  has(id: string): boolean {
    return (this.#held ?? this.#numbers).has(id);
  }

  keys(): MapIterator<string> {
    return (this.#held ?? this.#numbers).keys();
  }

  values(): MapIterator<Passage> {
    return this.#held ? this.#held.values() : this.#inBlocks();
  }

  *entries(): MapIterator<[string, Passage]> {
    for (const passage of this.values()) yield [passage.id, passage];
  }

  [Symbol.iterator](): MapIterator<[string, Passage]> {
    return this.entries();
  }

  forEach(visit: (passage: Passage, id: string, map: ReadonlyMap<string, Passage>) => void): void {
    for (const passage of this.values()) visit(passage, passage.id, this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file?.[Symbol.dispose]();
    this.#file = undefined;
  }

  #append({ id, text, title, metadata }: Passage): void {
    const bytes = Buffer.from(JSON.stringify({ id, text, title, metadata }));
    const number = this.#numbers.size;
    this.#numbers.set(id, number);
    if (number + 1 >= this.#starts.length) {
      const wider = new Float64Array(this.#starts.length * 2);
      wider.set(this.#starts);
      this.#starts = wider;
    }
    this.#starts[number + 1] = this.#file!.append(bytes) + bytes.length;
  }

  /** Passages `from` to `to − 1`. */
  #read(from: number, to: number): Passage[] {
    const start = this.#starts[from]!;
    const bytes = Buffer.from(this.#file!.read(start, this.#starts[to]! - start).buffer);
    return Array.from({ length: to - from }, (_, i) => {
      const text = bytes.toString(
        'utf8',
        this.#starts[from + i]! - start,
        this.#starts[from + i + 1]! - start,
      );
      try {
        return JSON.parse(text) as Passage;
      } catch (cause) {
        throw new RankforgeError('bad-file', `A passage cannot be read back from ${this.#path}`, {
          where: this.#path,
          hint: 'Another program has changed the file: run the same command again.',
          cause,
        });
      }
    });
  }

  /** In order, as many together as a block holds. */
  *#inBlocks(): MapIterator<Passage> {
    for (let from = 0; from < this.#numbers.size; ) {
      let to = from + 1;
      while (to < this.#numbers.size && this.#starts[to + 1]! - this.#starts[from]! <= blockBytes) to += 1;
      yield* this.#read(from, to);
      from = to;
    }
  }
}

import { join } from 'node:path';
import { type Passage, passageText } from '../core/passage.js';
import type { JobOptions } from '../core/progress.js';
import type { ScoredId } from '../core/run.js';
import type { EmbeddingModel } from '../models/embedding-model.js';
import { badFile, decodeTexts, encodeTexts, readBinaryFile, writeBinaryFile } from './binary-file.js';
import { cacheEmbeddings } from './embedding-cache.js';
import { collectIds, unknownPassage } from './passage-ids.js';
import { TopK } from './top-k.js';

export interface DenseBuildOptions extends JobOptions {
  /** Embeddings are kept here by what the text says, so that a later build embeds only new texts. */
  readonly cacheFolder?: string;
}

const kind = 'dense-index';
const fileName = 'dense.index';

// Texts of like length are embedded together, and a longer stretch has more of them.
const textsPerCall = 512;
const recentQueries = 256;

/** Exact nearest passages by cosine: every vector is compared. Equal scores come in the order of indexing. */
export class DenseIndex {
  readonly #encoder: EmbeddingModel;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #ids: readonly string[];
  /** Row by row, one passage each. */
  readonly #matrix: Float32Array;
  /** Fusion searches for a text and then scores passages for it. */
  readonly #recent = new Map<string, Float32Array>();

  private constructor(encoder: EmbeddingModel, numbers: ReadonlyMap<string, number>, matrix: Float32Array) {
    this.#encoder = encoder;
    this.#numbers = numbers;
    this.#ids = [...numbers.keys()];
    this.#matrix = matrix;
  }

  /**
   * Embeds passages, title and text together. The encoder must stay open while the index is searched by text.
   * @throws RankforgeError `duplicate-id`, `empty-corpus`, or the signal's abort reason
   */
  static async build(
    passages: Iterable<Passage> | AsyncIterable<Passage>,
    encoder: EmbeddingModel,
    { cacheFolder, ...options }: DenseBuildOptions = {},
  ): Promise<DenseIndex> {
    const model = cacheFolder === undefined ? encoder : await cacheEmbeddings(encoder, cacheFolder);
    const rows = new RowBuffer(encoder.dimensions);
    let waiting: string[] = [];
    const embedWaiting = async (): Promise<void> => {
      const texts = waiting;
      waiting = [];
      options.signal?.throwIfAborted();
      for (const vector of await model.embed(texts, options)) rows.add(vector);
    };
    try {
      const numbers = await collectIds(passages, 'embed', options, (passage) => {
        waiting.push(passageText(passage));
        return waiting.length === textsPerCall ? embedWaiting() : undefined;
      });
      await embedWaiting();
      return new DenseIndex(encoder, numbers, rows.finish());
    } finally {
      if (model !== encoder) await model[Symbol.asyncDispose]();
    }
  }

  /** Passages in the index. */
  get size(): number {
    return this.#ids.length;
  }

  /** Passage ids in the order in which they were indexed. */
  get ids(): readonly string[] {
    return this.#ids;
  }

  /**
   * The k passages nearest to a text or a vector, best first, with their cosines (dot products).
   * @throws {RangeError} for a vector of another length
   */
  async search(query: string | Float32Array, k: number, { signal }: JobOptions = {}): Promise<ScoredId[]> {
    const vector = await this.#vectorOf(query, signal);
    const dimensions = vector.length;
    const best = new TopK(Math.min(k, this.size));
    for (let row = 0, start = 0; row < this.size; row++, start += dimensions) {
      best.add(row, rowProduct(this.#matrix, start, vector));
    }
    return best.sorted().map(({ index, score }) => ({ id: this.#ids[index]!, score }));
  }

  /** Cosines of a text or vector with some passages, in order, as `search` gives them. @throws RankforgeError `unknown-id` */
  async scores(
    query: string | Float32Array,
    passageIds: readonly string[],
    { signal }: JobOptions = {},
  ): Promise<number[]> {
    const vector = await this.#vectorOf(query, signal);
    return passageIds.map((id) => rowProduct(this.#matrix, this.#row(id) * vector.length, vector));
  }

  /** A passage's vector: a view, not to be written to. @throws RankforgeError `unknown-id` */
  vector(passageId: string): Float32Array {
    const start = this.#row(passageId) * this.#encoder.dimensions;
    return this.#matrix.subarray(start, start + this.#encoder.dimensions);
  }

  #row(passageId: string): number {
    const row = this.#numbers.get(passageId);
    if (row === undefined) throw unknownPassage(passageId, 'dense');
    return row;
  }

  async #vectorOf(query: string | Float32Array, signal: AbortSignal | undefined): Promise<Float32Array> {
    if (typeof query === 'string') {
      const known = this.#recent.get(query);
      if (known) return known;
      const vector = (await this.#encoder.embed([query], { signal }))[0]!;
      if (this.#recent.size >= recentQueries) this.#recent.delete(this.#recent.keys().next().value!);
      this.#recent.set(query, vector);
      return vector;
    }
    if (query.length !== this.#encoder.dimensions) {
      throw new RangeError(
        `A vector of ${query.length} numbers cannot be compared with ones of ${this.#encoder.dimensions}`,
      );
    }
    return query;
  }

  /** Writes the index into a folder. @throws RankforgeError `disk-full`, `no-permission` */
  async save(folder: string): Promise<void> {
    await writeBinaryFile(join(folder, fileName), kind, {
      settings: { encoder: this.#encoder.id, dimensions: this.#encoder.dimensions },
      sections: { ids: encodeTexts(this.#ids), matrix: this.#matrix },
    });
  }

  /**
   * Reads an index that was built with this encoder.
   * @throws RankforgeError `missing-file`; `bad-file` when it is damaged, or was built with another encoder
   */
  static async load(folder: string, encoder: EmbeddingModel): Promise<DenseIndex> {
    const path = join(folder, fileName);
    const { settings, sections } = await readBinaryFile(path, kind);
    if (settings.encoder !== encoder.id || settings.dimensions !== encoder.dimensions) {
      throw badFile(path, `it was built with the encoder ${settings.encoder}, not ${encoder.id}`);
    }
    const numbers = new Map(decodeTexts(sections.ids).map((id, row) => [id, row]));
    return new DenseIndex(encoder, numbers, sections.matrix as Float32Array);
  }
}

/** Rows of one length, of which nobody knows how many will come. */
class RowBuffer {
  #data: Float32Array<ArrayBuffer>;
  #used = 0;

  constructor(dimensions: number) {
    this.#data = new Float32Array(dimensions * textsPerCall);
  }

  add(row: Float32Array): void {
    if (this.#used + row.length > this.#data.length) {
      const wider = new Float32Array(this.#data.length * 2);
      wider.set(this.#data);
      this.#data = wider;
    }
    this.#data.set(row, this.#used);
    this.#used += row.length;
  }

  finish(): Float32Array {
    return this.#data.slice(0, this.#used);
  }
}

/** Four sums side by side, which V8 keeps in registers: three times as fast as one. */
function rowProduct(matrix: Float32Array, start: number, vector: Float32Array): number {
  const { length } = vector;
  // Each declared by itself: taken out of an array, V8 keeps them in memory, and it takes twice as long.
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    a += matrix[start + i]! * vector[i]!;
    b += matrix[start + i + 1]! * vector[i + 1]!;
    c += matrix[start + i + 2]! * vector[i + 2]!;
    d += matrix[start + i + 3]! * vector[i + 3]!;
  }
  for (; i < length; i++) a += matrix[start + i]! * vector[i]!;
  return a + b + c + d;
}

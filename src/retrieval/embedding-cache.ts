import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { fromFileError } from '../core/errors.js';
import { sha256 } from '../core/hash.js';
import { makeFolder } from '../core/make-folder.js';
import type { EmbeddingModel } from '../models/embedding-model.js';

const keySize = 16;
const checkSize = 4;
const recordsPerRead = 4096;
const textsPerCall = 256;

/**
 * An encoder that keeps what it embeds on disk and embeds no text twice, in this run or a later one. Records are
 * appended a few hundred at a time with a checksum each, so a killed run loses its last ones and damages none.
 * Memory holds a key a text, not the vectors. The file is open while it is read or written and no longer, so a cache that is
 * never disposed of leaves nothing to the garbage collector. Disposing of it leaves the encoder open.
 * @param folder one file an encoder
 * @throws RankforgeError `no-permission`, `disk-full`
 */
export async function cacheEmbeddings(model: EmbeddingModel, folder: string): Promise<EmbeddingModel> {
  const path = join(folder, `embeddings-${sha256(`${model.id} ${model.dimensions}`).slice(0, 16)}.bin`);
  const vectorSize = model.dimensions * 4;
  const recordSize = keySize + vectorSize + checkSize;
  // By key, where its record begins: only likely, as another process may write to the file too, so records are checked.
  const places = await withFile(path, (file) => readPlaces(file, recordSize));

  const readVector = async (file: FileHandle, key: string): Promise<Float32Array | undefined> => {
    const place = places.get(key);
    if (place === undefined) return undefined;
    const record = Buffer.alloc(recordSize);
    await file.read(record, 0, recordSize, place);
    if (!isWhole(record) || record.toString('hex', 0, keySize) !== key) return undefined;
    return new Float32Array(new Uint8Array(record.subarray(keySize, keySize + vectorSize)).buffer);
  };

  const append = async (keys: readonly string[], vectors: readonly Float32Array[]): Promise<void> => {
    const bytes = Buffer.alloc(keys.length * recordSize);
    keys.forEach((key, i) => {
      const record = bytes.subarray(i * recordSize, (i + 1) * recordSize);
      record.write(key, 'hex');
      record.set(new Uint8Array(vectors[i]!.buffer, vectors[i]!.byteOffset, vectorSize), keySize);
      record.writeUInt32LE(crc32(record.subarray(0, -checkSize)), recordSize - checkSize);
    });
    await withFile(path, async (file) => {
      await file.appendFile(bytes);
      const start = (await file.stat()).size - bytes.length;
      for (const [i, key] of keys.entries()) places.set(key, start + i * recordSize);
    });
  };

  return {
    id: model.id,
    dimensions: model.dimensions,
    async embed(texts, options) {
      const keys = texts.map((text) => sha256(text).slice(0, 2 * keySize));
      const vectors = new Map<string, Float32Array>();
      const missing = new Map<string, string>();
      await withFile(path, async (file) => {
        for (const [i, key] of keys.entries()) {
          const vector = vectors.get(key) ?? (await readVector(file, key));
          if (vector) vectors.set(key, vector);
          else missing.set(key, texts[i]!);
        }
      });
      const entries = [...missing];
      for (let i = 0; i < entries.length; i += textsPerCall) {
        const part = entries.slice(i, i + textsPerCall);
        const made = await model.embed(
          part.map(([, text]) => text),
          options,
        );
        await append(
          part.map(([key]) => key),
          made,
        );
        for (const [j, [key]] of part.entries()) vectors.set(key, made[j]!);
      }
      return keys.map((key) => vectors.get(key)!);
    },
    async [Symbol.asyncDispose]() {},
  };
}

const isWhole = (record: Buffer): boolean =>
  crc32(record.subarray(0, -checkSize)) === record.readUInt32LE(record.length - checkSize);

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    await makeFolder(dirname(path));
    await using file = await open(path, 'a+');
    return await use(file);
  } catch (error) {
    throw fromFileError(error, path);
  }
}

/** Reads the keys of all whole records. A record that was cut while it was written is dropped, with the rest of its file. */
async function readPlaces(file: FileHandle, recordSize: number): Promise<Map<string, number>> {
  const places = new Map<string, number>();
  const bytes = Buffer.alloc(recordsPerRead * recordSize);
  for (let start = 0; ; ) {
    const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
    if (bytesRead === 0) return places;
    let i = 0;
    for (; i + recordSize <= bytesRead; i += recordSize) {
      const record = bytes.subarray(i, i + recordSize);
      if (!isWhole(record)) break;
      places.set(record.toString('hex', 0, keySize), start + i);
    }
    if (i === 0) {
      await file.truncate(start);
      return places;
    }
    start += i;
  }
}

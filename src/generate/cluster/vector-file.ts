import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fromFileError } from '../../core/errors.js';
import { makeFolder } from '../../core/make-folder.js';
import { checkFinite, checkLength, memoryVectors, type VectorSource } from './vector-source.js';

/** Vectors that are added one after another and then read by row. */
export interface VectorStore extends AsyncDisposable {
  /** @throws RankforgeError `usage` for a vector of another length or with a value that is not finite; `disk-full` */
  add(vectors: readonly Float32Array[]): Promise<void>;
  /** What was added; nothing can be added after. */
  finish(): Promise<VectorSource>;
}

/**
 * A store in memory (4 bytes a number: 1.5 GB for a million vectors of 384), or in a file of the same size, which is
 * removed on disposal and leaves memory flat.
 * @param path where the file is to lie; absent: in memory
 * @throws RankforgeError `no-permission`, `disk-full`
 */
export async function openVectorStore(dimensions: number, path?: string): Promise<VectorStore> {
  return path === undefined ? memoryStore(dimensions) : fileStore(dimensions, path);
}

function memoryStore(dimensions: number): VectorStore {
  let data = new Float32Array(dimensions * 256);
  let used = 0;
  return {
    async add(vectors) {
      for (const vector of vectors) {
        checkLength(vector, dimensions, used / dimensions);
        checkFinite(vector, dimensions, used / dimensions);
        if (used === data.length) {
          const wider = new Float32Array(data.length * 2);
          wider.set(data);
          data = wider;
        }
        data.set(vector, used);
        used += dimensions;
      }
    },
    finish: async () => memoryVectors(data.subarray(0, used), dimensions),
    async [Symbol.asyncDispose]() {},
  };
}

async function fileStore(dimensions: number, path: string): Promise<VectorStore> {
  let size = 0;
  const file = await onDisk(path, async () => {
    await makeFolder(dirname(path));
    return open(path, 'w+');
  });
  return {
    async add(vectors) {
      const block = new Float32Array(vectors.length * dimensions);
      for (const [i, vector] of vectors.entries()) {
        checkLength(vector, dimensions, size + i);
        block.set(vector, i * dimensions);
      }
      checkFinite(block, dimensions, size);
      await onDisk(path, () => file.appendFile(new Uint8Array(block.buffer)));
      size += vectors.length;
    },
    finish: async () => fileVectors(file, path, size, dimensions),
    async [Symbol.asyncDispose]() {
      await file.close();
      await rm(path, { force: true });
    },
  };
}

function fileVectors(file: FileHandle, path: string, size: number, dimensions: number): VectorSource {
  return {
    size,
    dimensions,
    async read(start, count) {
      const out = new Float32Array(Math.max(0, Math.min(count, size - start)) * dimensions);
      const bytes = new Uint8Array(out.buffer);
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await onDisk(path, () =>
          file.read(bytes, done, bytes.length - done, start * dimensions * 4 + done),
        );
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return out;
    },
  };
}

async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fromFileError(error, path);
  }
}

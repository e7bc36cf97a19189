import { open } from 'node:fs/promises';
import { fromFileError, RankforgeError } from '../../core/errors.js';

/** Formats of weights that can be used here. */
export type WeightsFormat = 'gguf' | 'safetensors' | 'onnx';

/**
 * The format of a file of weights, by its first bytes and not by its name: a saved web page may be called model.gguf.
 * @throws RankforgeError `bad-weights` for anything else; `missing-file`, `no-permission`
 */
export async function weightsFormat(path: string): Promise<WeightsFormat> {
  const head = Buffer.alloc(16);
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const format = formatOf(head.subarray(0, bytesRead), size);
    if (format) return format;
  } catch (error) {
    throw fromFileError(error, path);
  }
  throw new RankforgeError('bad-weights', `${path} is neither GGUF nor safetensors nor ONNX`, {
    where: path,
    hint: 'Name the file of the weights itself; an archive must be unpacked first, and a web page is none.',
  });
}

/** @param size of the whole file, in bytes */
function formatOf(head: Buffer, size: number): WeightsFormat | undefined {
  if (head.length < 8) return undefined;
  if (head.toString('latin1', 0, 4) === 'GGUF') return 'gguf';
  // The length of a JSON header, and the header.
  const header = head.readBigUInt64LE(0);
  if (head[8] === 0x7b && header >= 2n && header <= BigInt(size - 8)) return 'safetensors';
  return isModelProto(head) ? 'onnx' : undefined;
}

// The fields of ONNX's ModelProto that come after the version of its representation, as a number and a wire type.
const afterVersion: ReadonlySet<number> = new Set([0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72]);

/** Protocol buffers have no mark: every writer puts `ir_version` first, a small number, and another known field after it. */
const isModelProto = (head: Buffer): boolean =>
  head[0] === 0x08 && head[1]! >= 1 && head[1]! < 0x80 && afterVersion.has(head[2]!);

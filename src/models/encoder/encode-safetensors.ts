import type { WeightTensor } from './safetensors.js';

/**
 * A safetensors file of float32 tensors, in pieces: the header, then the tensors' own memory, which must not change until
 * it is written.
 * @param metadata short texts kept in the header
 * @see https://github.com/huggingface/safetensors#format
 */
export function encodeSafetensors(
  tensors: Iterable<readonly [name: string, tensor: WeightTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const bodies: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    bodies.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  const text = JSON.stringify(header);
  // Spaces at the end of the header put the tensors on a multiple of 8 bytes, where readers can use them in place.
  const json = new TextEncoder().encode(text);
  const padded = new TextEncoder().encode(text + ' '.repeat((8 - (json.length % 8)) % 8));
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(padded.length), true);
  return [size, padded, ...bodies];
}

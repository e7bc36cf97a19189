import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Safetensors } from '../../../src/models/encoder/safetensors.js';
import { encodeSafetensors } from './tiny-bert.js';

const file = (header: unknown, body: readonly number[] = []): Uint8Array => {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([size, json, Buffer.from(body)]);
};

describe('tensors', () => {
  test('float32, by name and shape, from any offset in the file', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true }), { maxLength: 20 }),
        fc.string({ maxLength: 9 }),
        (values, name) => {
          fc.pre(name !== '__metadata__' && name !== '__proto__');
          const data = Float32Array.from(values);
          const read = new Safetensors(encodeSafetensors({ [name]: { shape: [data.length], data } }), 'f');
          expect(read.names).toEqual([name]);
          expect(read.tensor(name, [data.length]).data).toEqual(data);
        },
      ),
    );
  });

  test.each([
    ['F16', [0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x7c], [1, -2, 2 ** -24, Number.POSITIVE_INFINITY]],
    ['BF16', [0x80, 0x3f, 0x00, 0xc0, 0x40, 0x40, 0x00, 0x00], [1, -2, 3, 0]],
  ])('%s is widened', (dtype, body, values) => {
    const read = new Safetensors(file({ x: { dtype, shape: [2, 2], data_offsets: [0, 8] } }, body), 'f');
    expect([...read.tensor('x', [2, 2]).data]).toEqual(values);
  });
});

describe('files that are not whole', () => {
  const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const body = Array<number>(8).fill(0);
  const x = (header: unknown, bytes = body) => new Safetensors(file(header, bytes), 'f').tensor('x', [2]);

  test.each<[string, () => unknown]>([
    ['nothing', () => new Safetensors(new Uint8Array(), 'f')],
    [
      'a header longer than the file',
      () => new Safetensors(Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 1), 'f'),
    ],
    ['a header that is no JSON', () => x('{')],
    ['a header that is no object', () => x('[1]')],
    ['no such tensor', () => x({ y: entry })],
    ['another shape', () => x({ x: { ...entry, shape: [1, 2] } })],
    ['another type', () => x({ x: { ...entry, dtype: 'I64' } })],
    ['data past the end', () => x({ x: { ...entry, data_offsets: [4, 12] } })],
    ['more data than the shape', () => x({ x: entry.shape && { ...entry, shape: [1] } })],
    ['backward offsets', () => x({ x: { ...entry, data_offsets: [8, 0] } })],
    ['no description', () => x({ x: 7 })],
  ])('%s', (_what, read) => {
    expect(read).toThrow(expect.objectContaining({ code: 'bad-weights', where: 'f' }));
  });
});

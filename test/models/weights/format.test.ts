import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { OnnxGraph } from '../../../src/models/onnx/graph.js';
import { weightsFormat } from '../../../src/models/weights/format.js';
import { rankforge } from '../../e2e/run-in-process.js';
import { tinyGguf } from '../../fixtures/tiny-gguf.js';

const folder = mkdtempSync(join(tmpdir(), 'rankforge-format-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

function safetensors(header: string, announced = BigInt(header.length)): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(announced);
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(16)]);
}

function onnx(): Uint8Array {
  const graph = new OnnxGraph('sum');
  const x = graph.input('x', 'float32', ['n']);
  graph.output('y', graph.node('Add', [x, x]), 'float32', ['n']);
  return graph.toBytes();
}

test('the three formats are known by their first bytes, whatever the name', async () => {
  expect(await weightsFormat(await tinyGguf())).toBe('gguf');
  expect(await weightsFormat(fileOf('a.bin', safetensors('{"__metadata__":{}}')))).toBe('safetensors');
  expect(await weightsFormat(fileOf('b.bin', onnx()))).toBe('onnx');
});

describe('anything else is refused', () => {
  test.each([
    ['an empty file', Buffer.alloc(0)],
    ['a few bytes', Buffer.from('GGU')],
    ['a web page', Buffer.from('<!doctype html><title>Sign in</title>')],
    ['JSON', Buffer.from('{"name": "not weights"}')],
    ['a zip, as PyTorch writes', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(30)])],
    ['a gzip', Buffer.concat([Buffer.from([0x1f, 0x8b, 8]), Buffer.alloc(30)])],
    ['a safetensors header longer than its file', safetensors('{}', 1n << 40n)],
    ['zeros', Buffer.alloc(64)],
    ['protocol buffers of something else', Buffer.from([0x08, 0x96, 0x01, 0x10, 0, 0, 0, 0, 0, 0])],
  ])('%s', async (_, bytes) => {
    const path = fileOf('model.gguf', bytes);
    await expect(weightsFormat(path)).rejects.toMatchObject({ code: 'bad-weights', where: path });
  });

  test('a path where there is nothing', async () => {
    await expect(weightsFormat(join(folder, 'none'))).rejects.toMatchObject({ code: 'missing-file' });
  });
});

test('models pull takes weights and nothing else', async () => {
  const page = fileOf('page.gguf', Buffer.from('<html>not found</html>'));
  const refused = await rankforge(['models', 'pull', page]);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/neither GGUF nor safetensors nor ONNX/);
  const taken = await rankforge(['models', 'pull', await tinyGguf(), '--json']);
  expect(JSON.parse(taken.stdout)).toMatchObject({ format: 'gguf' });
});

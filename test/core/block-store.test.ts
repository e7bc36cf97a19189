import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockStore } from '../../src/core/block-store.js';
import { temporaryFolder } from '../formats/temporary-folder.js';

test('blocks are read as they were added, in memory, in a file, and when they move half-way', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 30 }),
      fc.integer({ min: 0, max: 20_000 }),
      fc.nat(),
      (contents, inMemory, at) => {
        using store = new BlockStore({ folder: temporaryFolder(), inMemory });
        const blocks = contents.map((bytes) => store.add(Uint8Array.from(bytes)));
        const room = new ArrayBuffer(3000);
        for (const [i, block] of [...blocks.entries()].reverse()) {
          const bytes = contents[i]!;
          expect([...block.read()]).toEqual([...bytes]);
          const start = bytes.length === 0 ? 0 : at % bytes.length;
          const part = block.read({ start, length: bytes.length - start, into: room });
          expect([...part]).toEqual([...bytes.subarray(start)]);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('the file has no name while it is used, so that nothing is left however the process ends', () => {
  const folder = join(temporaryFolder(), 'made', 'when needed');
  using store = new BlockStore({ folder, inMemory: 10 });
  const first = store.add(Uint8Array.of(1, 2, 3));
  expect(() => readdirSync(folder)).toThrow('ENOENT');
  const second = store.add(new Uint8Array(2_000_000).fill(7));
  expect(readdirSync(folder)).toEqual([]);
  expect([...first.read(), second.read().at(-1)]).toEqual([1, 2, 3, 7]);
});

test('a folder that cannot be made is told by its path', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  using store = new BlockStore({ folder: join(file, 'below'), inMemory: 0 });
  expect(() => store.add(Uint8Array.of(1))).toThrow(
    expect.objectContaining({ where: expect.stringContaining(file) }),
  );
});

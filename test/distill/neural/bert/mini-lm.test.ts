import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { biEncoder } from '../../../../src/distill/neural/bert/bi-encoder.js';
import { loadBert } from '../../../../src/distill/neural/bert/load.js';
import { Network } from '../../../../src/distill/neural/network.js';
import { openEncoder } from '../../../../src/models/encoder/encoder.js';
import { readWordPieces } from '../../../../src/models/encoder/word-pieces.js';
import { cacheFolder } from '../../../../src/models/weights/cache.js';
import { writeTinyBert } from '../../../models/encoder/tiny-bert.js';

const miniLm = join(cacheFolder(), 'weights', 'all-minilm-l6-v2');

async function expectSameVectors(folder: string, texts: readonly string[]): Promise<void> {
  const bert = await loadBert({ folder });
  const output = biEncoder(bert.config);
  await using network = await Network.open(output, { threads: 1 });
  await using encoder = await openEncoder({ weights: { id: 'test', folder }, threads: 1 });
  const encode = await readWordPieces(join(folder, 'tokenizer.json'), bert.maxTokens);
  const tokens = texts.map(encode);
  const length = Math.max(...tokens.map((ids) => ids.length));
  const shape = [texts.length, length];
  const data = (value: (row: number, i: number) => number) =>
    BigInt64Array.from({ length: texts.length * length }, (_, i) =>
      BigInt(value(Math.floor(i / length), i % length)),
    );
  const { output: vectors } = await network.forward(bert.parameters(output.tape, 1), {
    ids: { data: data((row, i) => tokens[row]![i] ?? 0), shape },
    mask: { data: data((row, i) => Number(i < tokens[row]!.length)), shape },
    types: { data: data(() => 0), shape },
  });
  const expected = (await encoder.embed(texts)).flatMap((vector) => [...vector]);
  expect(vectors.data.length).toBe(expected.length);
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - vectors.data[i]!)));
  expect(worst).toBeLessThan(1e-5);
}

describe('the trainable encoder gives the vectors of the one for inference', () => {
  test('with random weights of two layers', async () => {
    await expectSameVectors(await writeTinyBert(), ['red cats', 'a green dog and a blue cat', 'dogs']);
  });

  test.skipIf(!existsSync(miniLm))('with all-minilm-l6-v2 (needs its weights)', async () => {
    await expectSameVectors(miniLm, [
      'A heat pump moves heat from a cold place to a warm one.',
      'Wind turbines',
      'How is a ranking measured against judgements of people, and what does a grade of 2 mean?',
    ]);
  });
});

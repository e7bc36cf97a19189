import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, test, vi } from 'vitest';
import type { EmbeddingModel } from '../../../src/models/embedding-model.js';
import type { BatchLimits } from '../../../src/models/encoder/batches.js';
import { openEncoder } from '../../../src/models/encoder/encoder.js';
import { runTinyBert, tinyTensors, writeTinyBert } from './tiny-bert.js';

const open = (folder: string, batch?: BatchLimits): Promise<EmbeddingModel> =>
  openEncoder({ weights: { id: 'tiny', folder }, threads: 1, batch });
const rounded = (vector: ArrayLike<number>): string[] => Array.from(vector, (value) => value.toFixed(4));

describe('a tiny BERT with random weights', () => {
  const texts = ['red cat', '', 'green dogs and blue cats', 'cat '.repeat(40), 'dog', 'Red CATS!'];
  // [CLS] 2, [SEP] 3, unknown 1; at most 12 tokens.
  const ids = [
    [2, 4, 7, 3],
    [2, 3],
    [2, 5, 8, 9, 1, 6, 7, 9, 3],
    [2, ...Array<number>(10).fill(7), 3],
    [2, 8, 3],
    [2, 4, 7, 9, 1, 3],
  ];

  test('gives what the same network in plain loops gives, in one padded batch', async () => {
    await using encoder = await open(await writeTinyBert());
    expect(encoder.dimensions).toBe(8);
    const vectors = await encoder.embed(texts);
    expect(vectors.map(rounded)).toEqual(ids.map((tokens) => rounded(runTinyBert(tinyTensors(), tokens))));
  });

  test('a text has the same vector alone and in a batch', async () => {
    await using encoder = await open(await writeTinyBert());
    const together = await encoder.embed(texts);
    for (const [i, text] of texts.entries()) {
      const [alone] = await encoder.embed([text]);
      expect(rounded(alone!)).toEqual(rounded(together[i]!));
    }
  });

  test('tensors may be named with bert. before', async () => {
    const named = Object.fromEntries(
      Object.entries(tinyTensors()).map(([name, tensor]) => [`bert.${name}`, tensor]),
    );
    await using encoder = await open(await writeTinyBert(named));
    expect(rounded((await encoder.embed(['red cat']))[0]!)).toEqual(
      rounded(runTinyBert(tinyTensors(), ids[0]!)),
    );
  });

  test('no texts; a signal before and between batches', async () => {
    await using encoder = await open(await writeTinyBert());
    expect(await encoder.embed([])).toEqual([]);
    await expect(encoder.embed(['cat'], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    const controller = new AbortController();
    const running = encoder.embed(Array<string>(2000).fill('red cat'), { signal: controller.signal });
    setTimeout(() => controller.abort(), 1);
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test('an abort in the middle of a batch waits for that one and no other, and the encoder is free', async () => {
  await using encoder = await open(await writeTinyBert(), { texts: 1 });
  const controller = new AbortController();
  // The real sessions, counted. ONNX Runtime's types give the class as a factory alone.
  const { prototype } = InferenceSession as unknown as { prototype: InferenceSession };
  const real = prototype.run;
  let batches = 0;
  const run = vi.spyOn(prototype, 'run').mockImplementation(function (
    this: InferenceSession,
    ...call: unknown[]
  ) {
    batches += 1;
    if (batches === 3) controller.abort();
    return Reflect.apply(real, this, call);
  });
  try {
    const texts = Array<string>(40).fill('red cat');
    const aborted = encoder.embed(texts, { signal: controller.signal });
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect(batches).toBe(3);
    expect(await encoder.embed(['red cat'])).toHaveLength(1);
    expect(batches).toBe(4);
  } finally {
    run.mockRestore();
  }
});

test('the event loop turns after each batch, however many call at once', async () => {
  await using encoder = await open(await writeTinyBert(), { texts: 1 });
  let turns = 0;
  let running = true;
  const count = (): void => {
    turns += 1;
    if (running) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all([1, 2, 3, 4].map(() => encoder.embed(Array<string>(10).fill('red cat'))));
  running = false;
  expect(turns).toBeGreaterThanOrEqual(40);
});

describe('weights that cannot be used', () => {
  test.each([
    ['no weights', 'missing-file', (folder: string) => rm(join(folder, 'model.safetensors'))],
    ['cut weights', 'bad-weights', (folder: string) => truncate(join(folder, 'model.safetensors'), 5000)],
    ['no tokenizer', 'missing-file', (folder: string) => rm(join(folder, 'tokenizer.json'))],
    [
      'a broken tokenizer',
      'bad-weights',
      (folder: string) => writeFile(join(folder, 'tokenizer.json'), '{"model"'),
    ],
    ['broken settings', 'bad-weights', (folder: string) => writeFile(join(folder, 'config.json'), '[')],
    ['an unknown number of heads', 'bad-weights', (folder: string) => rm(join(folder, 'config.json'))],
    [
      'another pooling',
      'unsupported',
      (folder: string) => writeFile(join(folder, 'config.json'), '{"pooling_mode_cls_token": true}'),
    ],
  ])('%s: %s', async (_what, code, damage) => {
    const folder = await writeTinyBert();
    await damage(folder);
    await expect(open(folder)).rejects.toMatchObject({ code, where: expect.stringContaining(folder) });
  });

  test('a missing tensor', async () => {
    const { 'encoder.layer.1.output.dense.bias': _left, ...rest } = tinyTensors();
    await expect(open(await writeTinyBert(rest))).rejects.toMatchObject({
      code: 'bad-weights',
      message: expect.stringContaining('encoder.layer.1.output.dense.bias'),
    });
  });
});

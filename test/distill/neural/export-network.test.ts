import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { crossEncoder } from '../../../src/distill/neural/bert/cross-encoder.js';
import { openRowScorer } from '../../../src/distill/neural/bert/row-scorer.js';
import { joinPair, padRows } from '../../../src/distill/neural/bert/token-rows.js';
import { exportNetwork } from '../../../src/distill/neural/export-network.js';
import { Network } from '../../../src/distill/neural/network.js';
import { initialParameters } from '../../../src/distill/neural/parameters.js';

const config = {
  vocabulary: 300,
  positions: 40,
  tokenTypes: 4,
  hidden: 32,
  intermediate: 64,
  layers: 2,
  heads: 4,
  epsilon: 1e-12,
};
const random = randomStream(1, 'rows');
const rows = Array.from({ length: 50 }, () => {
  const length = 3 + random.int(30);
  const draw = (n: number) => Array.from({ length }, () => random.int(n));
  return { ids: draw(config.vocabulary), types: draw(config.tokenTypes) };
});

describe.each(['cls', 'mean'] as const)('a cross-encoder with pooling %s', async (pooling) => {
  const output = crossEncoder(config, { pooling });
  const parameters = initialParameters(output.tape, 3, { deviation: 0.3 });
  await using network = await Network.open(crossEncoder(config, { pooling, dropout: true }), { threads: 1 });
  const trained = await network.forward(parameters, padRows(rows));
  const expected = [...trained.output.data];
  const score = async (bytes: Uint8Array) => {
    await using scorer = await openRowScorer(bytes, { threads: 1 });
    return (await scorer.run(rows)).map(([value]) => value!);
  };
  const bytes = exportNetwork(output, parameters);
  const small = exportNetwork(output, parameters, { precision: 'int8' });

  test('scores alike after export, whatever the padding', async () => {
    const scores = await score(bytes);
    for (const [i, value] of scores.entries()) expect(value).toBeCloseTo(expected[i]!, 4);
  });

  test('scores nearly alike in int8, in a fraction of the size', async () => {
    const scores = await score(small);
    const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length;
    const spread = expected.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const error = expected.reduce((sum, value, i) => sum + (value - scores[i]!) ** 2, 0);
    expect(error / spread).toBeLessThan(0.01);
    expect(small.length).toBeLessThan(0.6 * bytes.length);
  });

  test('stops when it is aborted', async () => {
    await using scorer = await openRowScorer(bytes, { threads: 1 });
    await expect(scorer.run(rows, { signal: AbortSignal.abort() })).rejects.toThrow('abort');
  });
});

test.each([
  ['short ones whole', [1, 10, 2], [1, 20, 21, 2], 12, [1, 10, 2, 20, 21, 2], [0, 0, 0, 1, 1, 1]],
  ['a long passage cut', [1, 10, 2], [1, 20, 21, 22, 23, 2], 6, [1, 10, 2, 20, 21, 2], [0, 0, 0, 1, 1, 1]],
  [
    'a long query cut to a half',
    [1, 10, 11, 12, 13, 2],
    [1, 20, 21, 22, 2],
    6,
    [1, 10, 2, 20, 21, 2],
    [0, 0, 0, 1, 1, 1],
  ],
  [
    'a long query with a short passage',
    [1, 10, 11, 12, 13, 2],
    [1, 20, 2],
    7,
    [1, 10, 11, 12, 2, 20, 2],
    [0, 0, 0, 0, 0, 1, 1],
  ],
])('pairs: %s', (_, query, passage, size, ids, types) => {
  expect(joinPair(query, passage, size)).toEqual({ ids, types });
});

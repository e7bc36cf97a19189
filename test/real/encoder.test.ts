import { describe, expect, test } from 'vitest';
import { dot } from '../../src/core/vectors.js';
import { openEncoder } from '../../src/models/encoder/encoder.js';
import { readWordPieces } from '../../src/models/encoder/word-pieces.js';
import golden from '../fixtures/minilm-golden.json' with { type: 'json' };
import { tryWeights } from './weights.js';

const alias = 'all-minilm-l6-v2';
const { weights, why } = await tryWeights(alias);

describe.skipIf(!weights)(`${alias} is as in sentence-transformers${why && ` (skipped: ${why})`}`, () => {
  test('token counts, cut at 256', async () => {
    const { files } = weights!;
    const encode = await readWordPieces(files['tokenizer.json']!, 256);
    expect(golden.texts.map((text) => encode(text).length)).toEqual(golden.tokens);
    expect(encode('word '.repeat(100_000))).toHaveLength(256);
  });

  test('cosines within 1e-3, and the vectors themselves', async () => {
    await using encoder = await openEncoder({ weights: weights! });
    const vectors = await encoder.embed(golden.texts);
    let worst = 0;
    golden.cosines.forEach((row, i) => {
      row.forEach((cosine, j) => {
        worst = Math.max(worst, Math.abs(cosine - dot(vectors[i]!, vectors[j]!)));
      });
    });
    expect(worst).toBeLessThan(1e-3);
    golden.heads.forEach((head, i) => {
      head.forEach((value, j) => {
        expect(vectors[i]![j]!).toBeCloseTo(value, 3);
      });
    });
  });
});

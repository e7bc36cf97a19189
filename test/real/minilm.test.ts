import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { resolveWeights } from '../../src/models/weights/resolve.js';
import { tryWeights } from './weights.js';

const alias = 'all-minilm-l6-v2';
const { weights, why } = await tryWeights(alias);

describe.skipIf(!weights)(`${alias}${why && ` (skipped: ${why})`}`, () => {
  test('its three files are there and readable', () => {
    expect(Object.keys(weights!.files)).toEqual(['model.safetensors', 'tokenizer.json', 'config.json']);
    const header = readFileSync(weights!.path).readBigUInt64LE(0);
    expect(header).toBeLessThan(100_000n);
    expect(JSON.parse(readFileSync(weights!.files['config.json']!, 'utf8'))).toMatchObject({
      hidden_size: 384,
    });
  });

  test('the second use needs no network and no reading', async () => {
    const start = performance.now();
    expect(await resolveWeights(alias)).toEqual(weights);
    expect(performance.now() - start).toBeLessThan(200);
  });
});

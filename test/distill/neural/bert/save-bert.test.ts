import { join } from 'node:path';
import { expect, test } from 'vitest';
import { biEncoder } from '../../../../src/distill/neural/bert/bi-encoder.js';
import { crossEncoder } from '../../../../src/distill/neural/bert/cross-encoder.js';
import { loadBert } from '../../../../src/distill/neural/bert/load.js';
import { saveBert } from '../../../../src/distill/neural/bert/save-bert.js';
import { initialParameters } from '../../../../src/distill/neural/parameters.js';
import { temporaryFolder } from '../../../formats/temporary-folder.js';
import { writeTinyBert } from '../../../models/encoder/tiny-bert.js';

const config = {
  vocabulary: 10,
  positions: 16,
  tokenTypes: 2,
  hidden: 8,
  intermediate: 12,
  layers: 1,
  heads: 2,
  epsilon: 1e-12,
};

test.each([
  ['a cross-encoder', crossEncoder],
  ['a bi-encoder', biEncoder],
])('%s comes back as it was saved', async (_, build) => {
  const tokenizer = join(await writeTinyBert(), 'tokenizer.json');
  const folder = temporaryFolder();
  const { tape } = build(config);
  const parameters = initialParameters(tape, 5);
  await saveBert(folder, config, parameters, { tokenizer, maxTokens: 14 });
  const loaded = await loadBert({ folder });
  expect(loaded.config).toEqual({ ...config, epsilon: 1e-12 });
  expect(loaded.maxTokens).toBe(14);
  expect(loaded.parameters(tape, 6)).toEqual(parameters);
});

test('more token types than the file has begin as copies; a head that it does not have is drawn', async () => {
  const folder = await writeTinyBert();
  const bert = await loadBert({ folder });
  const parameters = bert.parameters(crossEncoder({ ...bert.config, tokenTypes: 4 }).tape, 1);
  const types = [...parameters.get('bert.embeddings.token_type_embeddings.weight')!.data];
  expect(types.slice(16)).toEqual(types.slice(0, 16));
  expect(new Set(types.slice(0, 16)).size).toBe(16);
  const other = bert.parameters(crossEncoder(bert.config).tape, 2);
  const name = 'classifier.weight';
  expect([...parameters.get(name)!.data].every((value) => value !== 0 && Math.abs(value) < 0.2)).toBe(true);
  expect(parameters.get(name)!.data).not.toEqual(other.get(name)!.data);
});

test('a tokenizer that is not there is a missing file', async () => {
  const parameters = initialParameters(biEncoder(config).tape, 5);
  const saved = saveBert(temporaryFolder(), config, parameters, { tokenizer: '/nowhere.json', maxTokens: 8 });
  await expect(saved).rejects.toMatchObject({ code: 'missing-file', where: '/nowhere.json' });
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readWordPieces } from '../../../src/models/encoder/word-pieces.js';
import { writeTinyBert } from './tiny-bert.js';

const path = join(await writeTinyBert(), 'tokenizer.json');
const maxTokens = 12;
const encode = await readWordPieces(path, maxTokens);
const whole = new Tokenizer(JSON.parse(await readFile(path, 'utf8')), {});

test('a text gives the first tokens of the whole text, wherever it is cut', () => {
  const word = fc.constantFrom(
    'cat',
    'dogs',
    'red',
    'é',
    ' ',
    '  ',
    ',',
    '中',
    '\n',
    '😀',
    'x'.repeat(70),
    'cat'.repeat(90),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 1500 }), (words) => {
      const text = words.join('');
      const { ids } = whole.encode(text);
      expect(encode(text)).toEqual(
        ids.length <= maxTokens ? ids : [...ids.slice(0, maxTokens - 1), ids.at(-1)],
      );
    }),
  );
});

test('a word that is unknown for its length is so where it is cut', () => {
  // Cut short it would be `dog` and a row of `##s`.
  const text = `${' '.repeat(100)}dog${'s'.repeat(300)}`;
  expect(encode(text)).toEqual(whole.encode(text).ids);
  expect(encode(text)).toHaveLength(3);
});

test('a million combining marks are no more than thirty', () => {
  // To put them all in order takes a quarter of an hour.
  expect(encode(`red cat${'\u0301\u0316'.repeat(500_000)} dog`)).toEqual(encode('red cat dog'));
});

import { readFile } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import { fromFileError, RankforgeError } from '../../core/errors.js';

/** Texts to token ids, at most `maxTokens` each with the special tokens at both ends. */
export type WordPieces = (text: string) => number[];

// About five characters a token in English: the first cut of a long text usually holds all the tokens that count.
const charactersPerToken = 12;

/** Reads tokenizer.json. @throws RankforgeError `missing-file`, `bad-weights` */
export async function readWordPieces(path: string, maxTokens: number): Promise<WordPieces> {
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(JSON.parse(await readFile(path, 'utf8')), {});
  } catch (error) {
    const typed = fromFileError(error, path);
    if (typed instanceof RankforgeError) throw typed;
    throw new RankforgeError('bad-weights', `${path} is not a tokenizer`, {
      where: path,
      hint: 'Delete it and let it be downloaded again.',
      cause: error,
    });
  }
  const encode = (text: string): number[] => tokenizer.encode(text).ids;
  return (text) => {
    const ids = encodeStart(text, maxTokens, encode);
    return ids.length <= maxTokens ? ids : [...ids.slice(0, maxTokens - 1), ids.at(-1)!];
  };
}

/**
 * Encodes as much of a text as can count. A text of a megabyte has 256 tokens that are read, so it is cut at a space
 * (words are never joined across one), and cut later where that gave too few tokens.
 */
function encodeStart(text: string, maxTokens: number, encode: (text: string) => number[]): number[] {
  for (let size = maxTokens * charactersPerToken; size < text.length; size *= 4) {
    const end = text.lastIndexOf(' ', size);
    if (end <= 0) continue;
    const ids = encode(text.slice(0, end));
    if (ids.length >= maxTokens) return ids;
  }
  return encode(text);
}

import { readFile } from 'node:fs/promises';
import { Tokenizer } from '@huggingface/tokenizers';
import { fromFileError, RankforgeError } from '../../core/errors.js';
import { withFewMarks } from '../../core/normalise.js';

/** Texts to token ids, at most `maxTokens` each with the special tokens at both ends. */
export type WordPieces = (text: string) => number[];

// About five characters a token in English: the first cut of a long text usually holds all the tokens that count.
const charactersPerToken = 12;

/** Characters of the longest word that is more than one unknown token; so a cut word is at most as many tokens. */
const longestWord = 100;

/** Reads tokenizer.json. @throws RankforgeError `missing-file`, `bad-weights` */
export async function readWordPieces(path: string, maxTokens: number): Promise<WordPieces> {
  try {
    return parseWordPieces(await readFile(path, 'utf8'), maxTokens, path);
  } catch (error) {
    throw fromFileError(error, path);
  }
}

/** Reads the text of a tokenizer.json. @throws RankforgeError `bad-weights` */
export function parseWordPieces(json: string, maxTokens: number, path: string): WordPieces {
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(JSON.parse(json), {});
  } catch (error) {
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
 * Encodes as much of a text as can count. A text of a megabyte has 256 tokens that are read, so it is cut, and cut later
 * where that gave too few tokens. What a word in two has become is beyond those that are read.
 */
function encodeStart(text: string, maxTokens: number, encode: (text: string) => number[]): number[] {
  for (let size = maxTokens * charactersPerToken; size < text.length; size *= 4) {
    const ids = encode(withFewMarks(text.slice(0, size)));
    if (ids.length >= maxTokens + longestWord) return ids;
  }
  return encode(withFewMarks(text));
}

import { normalise } from '../../core/normalise.js';

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'] as const;
/** Ids of what stands for no word. */
export const specialTokens = { pad: 0, unknown: 1, start: 2, end: 3 } as const;

export interface WordPieceOptions {
  /** Pieces, special ones included. @default 4096 */
  readonly size?: number;
  readonly signal?: AbortSignal;
}

/**
 * A tokenizer of BERT's kind made from texts: the pieces that byte pair encoding finds over their words, read longest first.
 * @returns the text of a tokenizer.json
 * @see Sennrich et al. 2016, arXiv:1508.07909
 */
export function wordPieceTokenizer(
  texts: Iterable<string>,
  { size = 4096, signal }: WordPieceOptions = {},
): string {
  const pieces = findPieces(countWords(texts), size - special.length, signal);
  const vocabulary = Object.fromEntries([...special, ...pieces].map((piece, id) => [piece, id]));
  const token = (content: (typeof special)[number]) => ({
    id: vocabulary[content],
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  const marker = (id: string) => ({ id, ids: [vocabulary[id]], tokens: [id] });
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map(token),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
        { Sequence: { id: 'B', type_id: 1 } },
        { SpecialToken: { id: '[SEP]', type_id: 1 } },
      ],
      special_tokens: { '[CLS]': marker('[CLS]'), '[SEP]': marker('[SEP]') },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: vocabulary,
    },
  });
}

// Words beyond these are too rare to make a piece.
const mostWords = 50_000;
const longestWord = 32;

// As BERT splits them: a sign and a Chinese character are words of their own.
const word = /\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{N}])+|[^\s\p{L}\p{N}]/gu;

function countWords(texts: Iterable<string>): [string, number][] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    // In lower case and without accents, as the tokenizer's normaliser has them.
    const plain = normalise(text)
      .toLowerCase()
      .normalize('NFD')
      .replace(/\p{Mn}/gu, '');
    for (const [found] of plain.matchAll(word)) {
      if (found.length <= longestWord) counts.set(found, (counts.get(found) ?? 0) + 1);
    }
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, mostWords);
}

/** Characters, then merges of the most frequent pairs until there are enough pieces or no pair occurs twice. */
function findPieces(counted: readonly [string, number][], size: number, signal?: AbortSignal): string[] {
  const words = counted.map(([word, count]) => ({
    pieces: [...word].map((character, i) => (i === 0 ? character : `##${character}`)),
    count,
  }));
  const pieces = new Set(words.flatMap((word) => word.pieces));
  const pairs = new Map<string, { count: number; readonly words: Set<number> }>();
  const pairOf = (a: string, b: string): string => `${a} ${b}`;
  const change = (index: number, sign: 1 | -1): void => {
    const word = words[index]!;
    for (let i = 1; i < word.pieces.length; i++) {
      const name = pairOf(word.pieces[i - 1]!, word.pieces[i]!);
      const pair = pairs.get(name) ?? { count: 0, words: new Set() };
      pair.count += sign * word.count;
      if (sign > 0) pair.words.add(index);
      pairs.set(name, pair);
    }
  };
  for (const index of words.keys()) change(index, 1);
  while (pieces.size < size) {
    signal?.throwIfAborted();
    let best: string | undefined;
    let most = 1;
    for (const [name, { count }] of pairs) {
      if (count > most || (count === most && best !== undefined && name < best)) [best, most] = [name, count];
    }
    if (best === undefined) break;
    const [left, right] = best.split(' ') as [string, string];
    const joined = left + right.replace(/^##/, '');
    pieces.add(joined);
    for (const index of [...pairs.get(best)!.words]) {
      change(index, -1);
      words[index]!.pieces = merge(words[index]!.pieces, left, right, joined);
      change(index, 1);
    }
    pairs.delete(best);
  }
  return [...pieces].slice(0, size);
}

function merge(pieces: readonly string[], left: string, right: string, joined: string): string[] {
  const merged: string[] = [];
  for (let i = 0; i < pieces.length; i++) {
    if (pieces[i] === left && pieces[i + 1] === right) {
      merged.push(joined);
      i++;
    } else merged.push(pieces[i]!);
  }
  return merged;
}

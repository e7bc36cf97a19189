import type { Feeds } from '../network.js';

/** One sequence for an encoder. */
export interface TokenRow {
  readonly ids: readonly number[];
  /** The kind of each token, below the encoder's `tokenTypes`. */
  readonly types: readonly number[];
}

/**
 * Query and passage as one sequence, `[CLS] query [SEP] passage [SEP]`, types 0 and 1. A passage that is too long keeps its
 * start, and so does a query that takes more than half.
 * @param query token ids with the special tokens at both ends, as `readWordPieces` gives them; `passage` too
 */
export function joinPair(query: readonly number[], passage: readonly number[], maxTokens: number): TokenRow {
  const first = shorten(query, Math.max(maxTokens - passage.length + 1, Math.ceil(maxTokens / 2)));
  const second = shorten(passage.slice(1), maxTokens - first.length);
  return {
    ids: [...first, ...second],
    types: [...first.map(() => 0), ...second.map(() => 1)],
  };
}

/** At most `size` tokens, with the last one at the end. */
const shorten = (ids: readonly number[], size: number): readonly number[] =>
  ids.length <= size ? ids : [...ids.slice(0, size - 1), ids.at(-1)!];

/** The encoder's inputs for some sequences, padded to the longest. */
export function padRows(rows: readonly TokenRow[]): Feeds {
  const length = Math.max(...rows.map(({ ids }) => ids.length));
  const shape = [rows.length, length];
  const [ids, types, mask] = [0, 0, 0].map(() => new BigInt64Array(rows.length * length));
  for (const [row, tokens] of rows.entries()) {
    for (const [i, id] of tokens.ids.entries()) {
      const at = row * length + i;
      ids![at] = BigInt(id);
      types![at] = BigInt(tokens.types[i]!);
      mask![at] = 1n;
    }
  }
  return { ids: { data: ids!, shape }, types: { data: types!, shape }, mask: { data: mask!, shape } };
}

import { z } from 'zod';
import { RankforgeError } from '../../../core/errors.js';

const size = z.number().int().positive();

/** The sizes of a BERT encoder, as in its `config.json`. */
export const BertConfig = z.strictObject({
  vocabulary: size,
  /** The longest sequence. */
  positions: size,
  /** Kinds of tokens: the query's, the passage's, and further ones such as words found in both. */
  tokenTypes: size,
  hidden: size,
  intermediate: size,
  layers: size,
  heads: size,
  /** Added to the variance in layer norms. */
  epsilon: z.number().positive(),
});
export type BertConfig = z.infer<typeof BertConfig>;

export interface SmallBertOptions {
  /** Tokens of the tokenizer. */
  readonly vocabulary: number;
  /** @default 2 */
  readonly layers?: number;
  /** A multiple of 32, the width of a head. @default 128 */
  readonly hidden?: number;
  /** @default 256 */
  readonly positions?: number;
  /** @default 4: the query's and the passage's tokens, and of both those that are found on the other side */
  readonly tokenTypes?: number;
}

/**
 * An encoder to be trained from scratch, in the proportions of BERT.
 * @throws RankforgeError `usage` for a width that is no multiple of 32
 */
export function smallBert({
  vocabulary,
  layers = 2,
  hidden = 128,
  positions = 256,
  tokenTypes = 4,
}: SmallBertOptions): BertConfig {
  const heads = hidden / 32;
  if (!Number.isInteger(heads)) {
    throw new RankforgeError('usage', `An encoder cannot be ${hidden} wide`, {
      where: 'hidden',
      hint: 'Choose a multiple of 32.',
    });
  }
  return {
    vocabulary,
    positions,
    tokenTypes,
    hidden,
    intermediate: 4 * hidden,
    layers,
    heads,
    epsilon: 1e-12,
  };
}

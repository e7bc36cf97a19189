export interface BatchLimits {
  /** Texts of one batch. @default 32 */
  readonly texts?: number;
  /** Tokens of one batch, padding included; one text may be longer. @default 1024 */
  readonly tokens?: number;
}

/**
 * Groups texts of like length, so that little padding is computed. Longest first: the largest buffers are asked for
 * at once, and no later batch makes memory grow.
 * @param lengths tokens of each text
 * @returns indexes of the texts, each once
 */
export function planBatches(
  lengths: readonly number[],
  { texts = 32, tokens = 1024 }: BatchLimits = {},
): number[][] {
  const order = lengths.map((_, i) => i).sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  const batches: number[][] = [];
  for (let start = 0; start < order.length; ) {
    const longest = Math.max(1, lengths[order[start]!]!);
    const size = Math.max(1, Math.min(texts, Math.floor(tokens / longest)));
    batches.push(order.slice(start, start + size));
    start += size;
  }
  return batches;
}

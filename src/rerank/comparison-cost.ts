/** What a comparison would cost, before anything is sent. */
export interface ComparisonCost {
  readonly calls: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** `outputTokens` are the most that may be written, and not what to expect. */
  readonly atMost?: boolean;
}

/** What comparisons share: it is asked for before the first of them, and kept. */
export interface SharedCost {
  /** Comparisons that name the same key share it. */
  readonly key: string;
  /** Whether those of one query share it, or those of all. */
  readonly among: 'query' | 'all';
  cost(): ComparisonCost;
}

export const noCost: ComparisonCost = { calls: 0, promptTokens: 0, outputTokens: 0 };

/** What several comparisons would cost together. */
export function addCosts(costs: Iterable<ComparisonCost>): ComparisonCost {
  let [calls, promptTokens, outputTokens, atMost] = [0, 0, 0, false];
  for (const cost of costs) {
    calls += cost.calls;
    promptTokens += cost.promptTokens;
    outputTokens += cost.outputTokens;
    atMost ||= cost.atMost === true;
  }
  return { calls, promptTokens, outputTokens, ...(atMost ? { atMost } : {}) };
}

/** So many of the same comparison. */
export const timesCost = (cost: ComparisonCost, times: number): ComparisonCost => ({
  ...cost,
  calls: cost.calls * times,
  promptTokens: cost.promptTokens * times,
  outputTokens: cost.outputTokens * times,
});

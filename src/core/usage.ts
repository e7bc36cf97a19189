/** What a piece of work cost. Counts are exact where the model reports them. */
export interface Usage {
  /** Model calls asked for, cached ones included. */
  readonly calls: number;
  /** Calls answered by the ledger, which cost nothing. */
  readonly cachedCalls: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** US dollars, 0 for local models and where no price is known. */
  readonly usd: number;
}

export const noUsage: Usage = { calls: 0, cachedCalls: 0, promptTokens: 0, outputTokens: 0, usd: 0 };

/** The sum of several usages. */
export function addUsage(...usages: readonly Usage[]): Usage {
  return usages.reduce(
    (sum, usage) => ({
      calls: sum.calls + usage.calls,
      cachedCalls: sum.cachedCalls + usage.cachedCalls,
      promptTokens: sum.promptTokens + usage.promptTokens,
      outputTokens: sum.outputTokens + usage.outputTokens,
      usd: sum.usd + usage.usd,
    }),
    noUsage,
  );
}

/** What was used between two readings of a running total. */
export function usageSince(before: Usage, now: Usage): Usage {
  return {
    calls: now.calls - before.calls,
    cachedCalls: now.cachedCalls - before.cachedCalls,
    promptTokens: now.promptTokens - before.promptTokens,
    outputTokens: now.outputTokens - before.outputTokens,
    usd: now.usd - before.usd,
  };
}

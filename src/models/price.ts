import type { Usage } from '../core/usage.js';

/** US dollars a million tokens. */
export interface Price {
  readonly promptPerMillion: number;
  readonly outputPerMillion: number;
}

/** One call's usage; it costs nothing where no price is given. */
export function callUsage(promptTokens: number, outputTokens: number, price?: Price): Usage {
  const usd = price
    ? (promptTokens * price.promptPerMillion + outputTokens * price.outputPerMillion) / 1e6
    : 0;
  return { calls: 1, cachedCalls: 0, promptTokens, outputTokens, usd };
}

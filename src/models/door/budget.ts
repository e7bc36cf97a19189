import { RankforgeError } from '../../core/errors.js';
import { addUsage, noUsage, type Usage } from '../../core/usage.js';

/** The most that may be spent; what is absent is not limited. */
export interface BudgetLimits {
  /** Calls that reach the model: those that the ledger answers are free. */
  readonly calls?: number;
  /** Prompt and reply together. */
  readonly tokens?: number;
  readonly usd?: number;
}

/** One call's share, until it is known what it really cost. */
export interface Reservation {
  /** The call was answered. */
  settle(usage: Usage): void;
  /** The call failed and cost nothing. Does nothing once settled. */
  release(): void;
}

export interface Budget {
  readonly limits: BudgetLimits;
  /** Settled so far. */
  readonly spent: Usage;
  /** Whether calls should bring a count of their prompt's tokens. */
  readonly countsTokens: boolean;
  /**
   * Sets one call aside before it is made. Calls are exact; tokens and money can end above their limit by what the
   * calls in flight turn out to cost, and by no more.
   * @param promptTokens the part of the cost that is known before the call
   * @throws RankforgeError `budget-exhausted`
   */
  reserve(promptTokens?: number): Reservation;
}

/** A budget shared by everything that is given it. */
export function createBudget(limits: BudgetLimits): Budget {
  let spent = noUsage;
  let callsInFlight = 0;
  let tokensInFlight = 0;

  const stop = (what: string, limit: number): never => {
    throw new RankforgeError('budget-exhausted', `The budget of ${limit} ${what} is used up`, {
      where: `spent ${spent.calls} calls, ${spent.promptTokens + spent.outputTokens} tokens, ${spent.usd.toFixed(4)} USD`,
      hint: 'Raise the budget and run it again: what a ledger holds is not paid for twice.',
    });
  };

  return {
    limits,
    get spent() {
      return spent;
    },
    countsTokens: limits.tokens !== undefined,
    reserve(promptTokens = 0) {
      const tokens = spent.promptTokens + spent.outputTokens + tokensInFlight;
      if (limits.calls !== undefined && spent.calls + callsInFlight >= limits.calls)
        stop('calls', limits.calls);
      if (limits.tokens !== undefined && (tokens >= limits.tokens || tokens + promptTokens > limits.tokens))
        stop('tokens', limits.tokens);
      if (limits.usd !== undefined && spent.usd >= limits.usd) stop('USD', limits.usd);
      callsInFlight += 1;
      tokensInFlight += promptTokens;
      let open = true;
      const close = (usage: Usage) => {
        if (!open) return;
        open = false;
        callsInFlight -= 1;
        tokensInFlight -= promptTokens;
        spent = addUsage(spent, usage);
      };
      return { settle: close, release: () => close(noUsage) };
    },
  };
}

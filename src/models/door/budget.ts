import { RankforgeError } from '../../core/errors.js';
import { addUsage, noUsage, type Usage } from '../../core/usage.js';
import { untilAborted } from '../../core/wait.js';

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
  /** The call has ended, and all that is to be done with its answer; one that was not settled failed and cost nothing. */
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
  /**
   * `reserve`, but where calls in flight may leave room it waits for them: what they cost is not known before they end, and who
   * is refused may give up all of them.
   * @throws RankforgeError `budget-exhausted` once nothing is in flight; the signal's reason
   */
  admit(promptTokens?: number, signal?: AbortSignal): Promise<Reservation>;
}

/** A budget shared by everything that is given it. */
export function createBudget(limits: BudgetLimits): Budget {
  let spent = noUsage;
  let callsInFlight = 0;
  let tokensInFlight = 0;
  /** Reservations that were not released. */
  let underWay = 0;

  const calls = (count: number): string => `${count} ${count === 1 ? 'call' : 'calls'}`;
  const stop = (limit: string): never => {
    throw new RankforgeError('budget-exhausted', `The budget of ${limit} is used up`, {
      where: `spent ${calls(spent.calls)}, ${spent.promptTokens + spent.outputTokens} tokens, ${spent.usd.toFixed(4)} USD`,
      hint: 'Raise the budget and run it again: what a ledger holds is not paid for twice.',
    });
  };

  /** Told when a call ends. */
  const waiting = new Set<() => void>();

  function reserve(promptTokens = 0): Reservation {
    const tokens = spent.promptTokens + spent.outputTokens + tokensInFlight;
    if (limits.calls !== undefined && spent.calls + callsInFlight >= limits.calls) stop(calls(limits.calls));
    if (limits.tokens !== undefined && (tokens >= limits.tokens || tokens + promptTokens > limits.tokens))
      stop(`${limits.tokens} tokens`);
    if (limits.usd !== undefined && spent.usd >= limits.usd) stop(`${limits.usd} USD`);
    callsInFlight += 1;
    tokensInFlight += promptTokens;
    underWay += 1;
    let [open, ended] = [true, false];
    const close = (usage: Usage) => {
      if (!open) return;
      open = false;
      callsInFlight -= 1;
      tokensInFlight -= promptTokens;
      spent = addUsage(spent, usage);
    };
    const release = () => {
      close(noUsage);
      if (ended) return;
      ended = true;
      underWay -= 1;
      // In a turn of its own: by then whoever asked has the answer, and a refusal of others takes it from nobody.
      setImmediate(() => {
        for (const wake of waiting) wake();
        waiting.clear();
      });
    };
    return { settle: close, release };
  }

  return {
    limits,
    get spent() {
      return spent;
    },
    countsTokens: limits.tokens !== undefined,
    reserve,
    async admit(promptTokens, signal) {
      for (;;) {
        try {
          return reserve(promptTokens);
        } catch (error) {
          if (underWay === 0) throw error;
          await untilAborted(new Promise<void>((resolve) => waiting.add(resolve)), signal);
        }
      }
    },
  };
}

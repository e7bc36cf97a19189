import { wait } from '../../core/wait.js';

const windowMs = 60_000;

/** What was taken, to be corrected once the true amount is known. */
export interface Taken {
  correct(amount: number): void;
}

/** At most so much in any 60 seconds. Who waits first is served first where one call waits at a time: see the limits. */
export interface RateWindow {
  /**
   * Resolves once the amount fits; an amount larger than the whole window waits for an empty one.
   * @throws the signal's reason
   */
  take(amount: number, signal?: AbortSignal): Promise<Taken>;
}

/** What is taken within a tenth of a second is counted together, so that memory does not grow with the number of calls. */
const stepMs = 100;

interface Step {
  readonly at: number;
  amount: number;
  forgotten: boolean;
}

/** A sliding window, not a bucket: a bucket lets twice the limit through around a refill, and servers count. */
export function createRateWindow(perMinute: number, now: () => number = Date.now): RateWindow {
  const steps: Step[] = [];
  let used = 0;

  const expiry = (step: Step) => step.at + stepMs + windowMs;
  const forget = () => {
    while (steps.length > 0 && expiry(steps[0]!) <= now()) {
      const step = steps.shift()!;
      step.forgotten = true;
      used -= step.amount;
    }
  };
  const add = (amount: number): Taken => {
    const at = Math.floor(now() / stepMs) * stepMs;
    let step = steps.at(-1);
    if (step?.at !== at) {
      step = { at, amount: 0, forgotten: false };
      steps.push(step);
    }
    step.amount += amount;
    used += amount;
    return {
      correct: (actual) => {
        if (step.forgotten) return;
        step.amount += actual - amount;
        used += actual - amount;
      },
    };
  };

  return {
    async take(amount, signal) {
      forget();
      while (steps.length > 0 && used + amount > perMinute) {
        await wait(expiry(steps[0]!) - now(), signal);
        forget();
      }
      return add(amount);
    },
  };
}

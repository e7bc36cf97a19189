import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noUsage } from '../../../src/core/usage.js';
import { createBudget } from '../../../src/models/door/budget.js';

const cost = (promptTokens: number, outputTokens: number, usd = 0) => ({
  ...noUsage,
  calls: 1,
  promptTokens,
  outputTokens,
  usd,
});
const exhausted = { code: 'budget-exhausted' };

describe('a budget', () => {
  test('of calls counts those in flight, and gives back what failed', () => {
    const budget = createBudget({ calls: 2 });
    const first = budget.reserve();
    budget.reserve().settle(cost(1, 1));
    expect(() => budget.reserve()).toThrow(expect.objectContaining(exhausted));
    first.release();
    first.release();
    budget.reserve().settle(cost(1, 1));
    expect(() => budget.reserve()).toThrow(expect.objectContaining(exhausted));
    expect(budget.spent.calls).toBe(2);
  });

  test('of nothing allows nothing', () => {
    for (const limits of [{ calls: 0 }, { tokens: 0 }, { usd: 0 }]) {
      expect(() => createBudget(limits).reserve()).toThrow(expect.objectContaining(exhausted));
    }
  });

  test('of money stops once it is spent', () => {
    const budget = createBudget({ usd: 0.01 });
    budget.reserve().settle(cost(1, 1, 0.009));
    budget.reserve().settle(cost(1, 1, 0.009));
    expect(() => budget.reserve()).toThrow(expect.objectContaining(exhausted));
  });

  test('of tokens is never passed by more than the replies in flight', () => {
    const step = fc.record({
      prompt: fc.integer({ min: 1, max: 50 }),
      output: fc.integer({ min: 0, max: 30 }),
      settleNow: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.array(step, { maxLength: 60 }), (limit, steps) => {
        const budget = createBudget({ tokens: limit });
        const open: (() => void)[] = [];
        let openOutput = 0;
        for (const { prompt, output, settleNow } of steps) {
          try {
            const reservation = budget.reserve(prompt);
            const settle = () => reservation.settle(cost(prompt, output));
            if (settleNow) settle();
            else {
              open.push(settle);
              openOutput += output;
            }
          } catch {
            break;
          }
        }
        const before = budget.spent.promptTokens + budget.spent.outputTokens;
        for (const settle of open) settle();
        const after = budget.spent.promptTokens + budget.spent.outputTokens;
        expect(before).toBeLessThanOrEqual(limit + 30);
        expect(after).toBeLessThanOrEqual(limit + openOutput + 30);
      }),
    );
  });
});

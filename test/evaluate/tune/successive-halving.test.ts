import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RankforgeError } from '../../../src/core/errors.js';
import { randomStream } from '../../../src/core/random.js';
import { successiveHalving } from '../../../src/evaluate/tune/successive-halving.js';

/** Settings are their own true worth; a trial adds noise that is the same for all, and some of its own. */
const noisy = (sd: number) => async (worth: number, trial: number) =>
  worth + sd * randomStream(1, worth, trial).normal();

test('finds the best of many at a fraction of what trying all would cost', async () => {
  const settings = Array.from({ length: 27 }, (_, index) => index / 27);
  const { winner, rungs, spent } = await successiveHalving({
    settings,
    trials: 100,
    cost: () => 1,
    measure: noisy(0.1),
    budget: 600,
  });
  expect(winner).toBeGreaterThan(0.9);
  expect(spent).toBeLessThanOrEqual(600);
  expect(rungs.map(({ entries }) => entries.length)).toEqual([27, 9, 3]);
  expect(rungs.at(-1)!.trials).toBeGreaterThan(rungs[0]!.trials);
});

test('never tries a setting twice on a trial, nor spends more than the budget', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(
        fc.integer({ min: 0, max: 1000 }).map((n) => n / 1000),
        { minLength: 1, maxLength: 20 },
      ),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 60, max: 2000 }),
      async (settings, trials, budget) => {
        const seen = new Set<string>();
        let spent = 0;
        const result = await successiveHalving({
          settings,
          trials,
          budget,
          cost: (worth) => 1 + worth,
          fewestTrials: 1,
          measure: async (worth, trial) => {
            expect(seen.has(`${worth} ${trial}`)).toBe(false);
            seen.add(`${worth} ${trial}`);
            spent += 1 + worth;
            return worth;
          },
        });
        expect(spent).toBeLessThanOrEqual(budget + 1e-9);
        expect(result.spent).toBeCloseTo(spent);
        expect(result.winner).toBe(Math.max(...settings));
      },
    ),
  );
});

test('a setting that fails is out, and others go on', async () => {
  const bad = new RankforgeError('unsupported', 'cannot', { hint: 'Do not.' });
  const measure = async (worth: number) => {
    if (worth === 3) throw bad;
    return worth;
  };
  const options = { settings: [1, 2, 3], trials: 5, cost: () => 1, measure, budget: 100 };
  const { winner, failed, spent } = await successiveHalving({
    ...options,
    outOfTheRace: (error) => error === bad,
  });
  expect(winner).toBe(2);
  // What it took to find out is paid for.
  expect(spent).toBe(11);
  expect(failed).toEqual([{ setting: 3, error: bad }]);
  await expect(successiveHalving(options)).rejects.toBe(bad);
});

test('a budget too small for a first look says what it would take', async () => {
  const options = { settings: [1, 2], trials: 10, cost: () => 10, measure: async () => 0, budget: 50 };
  await expect(successiveHalving(options)).rejects.toMatchObject({
    code: 'budget-exhausted',
    message: expect.stringContaining('60'),
  });
  await expect(successiveHalving({ ...options, settings: [] })).rejects.toMatchObject({
    code: 'too-little-data',
  });
});

test('an abort ends it with its reason', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const measure = async () => {
    stop.abort(reason);
    return 0;
  };
  await expect(
    successiveHalving({ settings: [1], trials: 10, cost: () => 1, measure, budget: 50, signal: stop.signal }),
  ).rejects.toBe(reason);
});

test.each([0, 1, 1.5, Number.NaN])(
  'to keep one in %d is refused, which would never end',
  async (keepOneIn) => {
    const options = { settings: [1, 2, 3], trials: 5, cost: () => 1, measure: async () => 1, budget: 100 };
    await expect(successiveHalving({ ...options, keepOneIn })).rejects.toMatchObject({ code: 'usage' });
  },
);

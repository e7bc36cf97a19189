import { describe, expect, test } from 'vitest';
import { parseProgram } from '../../src/rerank/programs/registry.js';
import { dryRun } from '../../src/rerank/run-program.js';
import { planWindows } from '../../src/rerank/windows.js';

/** Candidates, where the list begins, and how many windows there are: from RankLLM's `_count_windows` tests (commit cfc72c7c630e). */
describe("RankLLM's published test vectors for its window counting, 20 by 10", () => {
  test.each([
    { n: 25, start: 0, count: 2, spans: ['5-25', '0-15'] },
    { n: 30, start: 5, count: 2, spans: ['10-30', '5-20'] },
    { n: 8, start: 0, count: 1, spans: ['0-8'] },
    { n: 40, start: 0, count: 3, spans: ['20-40', '10-30', '0-20'] },
  ])('$n candidates from $start: $count windows', ({ n, start, count, spans }) => {
    const windows = planWindows(n, { size: 20, stride: 10 }, start);
    expect(windows).toHaveLength(count);
    expect(windows.map((window) => `${window.start}-${window.end}`)).toEqual(spans);
  });
});

/**
 * The loops of RankGPT (`while start_pos >= rank_start`) and RankLLM (`while end_pos > rank_start and
 * start_pos + stride != rank_start`) stepped through by hand for 20 by 10; [] is no window at all.
 */
describe('right where RankGPT and RankLLM are not', () => {
  test.each([
    { n: 2, gpt: [], llm: ['0-2'], right: ['0-2'] },
    { n: 8, gpt: [], llm: ['0-8'], right: ['0-8'] },
    // n = window − stride: RankLLM takes the beginning for the end.
    { n: 10, gpt: [], llm: [], right: ['0-10'] },
    { n: 11, gpt: [], llm: ['0-11'], right: ['0-11'] },
    { n: 19, gpt: [], llm: ['0-19'], right: ['0-19'] },
    { n: 20, gpt: ['0-20'], llm: ['0-20'], right: ['0-20'] },
    // n = window + 1: RankGPT never compares rank 1.
    { n: 21, gpt: ['1-21'], llm: ['1-21', '0-11'], right: ['1-21', '0-11'] },
    { n: 25, gpt: ['5-25'], llm: ['5-25', '0-15'], right: ['5-25', '0-15'] },
    { n: 30, gpt: ['10-30', '0-20'], llm: ['10-30', '0-20'], right: ['10-30', '0-20'] },
    { n: 31, gpt: ['11-31', '1-21'], llm: ['11-31', '1-21', '0-11'], right: ['11-31', '1-21', '0-11'] },
  ])('$n candidates: $right', ({ n, gpt, llm, right }) => {
    const windows = planWindows(n, { size: 20, stride: 10 }).map(({ start, end }) => `${start}-${end}`);
    expect(windows).toEqual(right);
    // Where ours differs, theirs leaves some candidate out of every window.
    for (const theirs of [gpt, llm])
      if (theirs.join() !== right.join()) expect(covered(theirs)).toBeLessThan(n);
    expect(covered(right)).toBe(n);
  });

  test.each([2, 8, 10, 19, 20, 21, 25, 31, 100])(
    'the best of %d, last in first stage, comes out first',
    (n) => {
      const { order } = dryRun(parseProgram('sliding:20/10'), n, (group) => ({
        order: [...group].sort((a, b) => b - a),
      })).final;
      expect(order[0]).toBe(n - 1);
    },
  );
});

const covered = (spans: readonly string[]): number =>
  new Set(
    spans.flatMap((span) => {
      const [start, end] = span.split('-').map(Number) as [number, number];
      return Array.from({ length: end - start }, (_, index) => start + index);
    }),
  ).size;

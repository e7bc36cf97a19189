import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { kendallTau } from '../../src/core/kendall-tau.js';

const { cases, source } = JSON.parse(
  readFileSync(new URL('../fixtures/kendall-tau.json', import.meta.url), 'utf8'),
) as { source: string; cases: { a: number[]; b: number[]; tau: number }[] };

test.each(cases)(`equals ${source}: $tau`, ({ a, b, tau }) => {
  expect(kendallTau(a, b)).toBeCloseTo(tau, 12);
});

test('a constant list, and nothing, agree with nothing', () => {
  expect(kendallTau([1, 1, 1], [1, 2, 3])).toBe(0);
  expect(kendallTau([], [])).toBe(0);
});

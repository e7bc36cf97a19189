import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseRanking } from '../../src/rerank/parse-ranking.js';

interface Case {
  readonly family: string;
  readonly reply: string;
  readonly count: number;
  readonly labels: 'letters' | 'numbers';
  /** Positions from 1, best first, or `no ranking`. */
  readonly order: string;
}

const cases = JSON.parse(readFileSync('test/conformance/rerank-replies.json', 'utf8')) as Case[];
const labelsOf = ({ count, labels }: Case): string[] =>
  Array.from({ length: count }, (_, index) =>
    labels === 'letters' ? `[${String.fromCharCode(65 + index)}]` : `[${index + 1}]`,
  );

/** The order as the table writes it. */
function read(one: Case): string {
  try {
    return parseRanking(one.reply, labelsOf(one))
      .order.map((position) => position + 1)
      .join(' ');
  } catch (error) {
    expect(error).toMatchObject({ code: 'unparsed-ranking', retryable: true });
    return 'no ranking';
  }
}

describe.each([...new Set(cases.map(({ family }) => family))])('%s', (family) => {
  test.each(cases.filter((one) => one.family === family))('$reply', (one) => {
    expect(read(one)).toBe(one.order);
  });
});

test('the table is as large as it has to be', () => {
  expect(new Set(cases.map(({ reply, count }) => `${count} ${reply}`)).size).toBeGreaterThanOrEqual(200);
});

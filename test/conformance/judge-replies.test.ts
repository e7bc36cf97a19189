import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseGrade, readGrade } from '../../src/generate/judge/parse-grade.js';
import { loadPrompt } from '../../src/prompts/template.js';

interface Case {
  readonly family: string;
  readonly reply: string;
  /** The grade, or why there is none. */
  readonly read: number | string;
  readonly finish?: 'stop' | 'length' | 'refused';
  readonly passage?: string;
}

const cases = JSON.parse(readFileSync('test/conformance/judge-replies.json', 'utf8')) as Case[];

describe.each([...new Set(cases.map(({ family }) => family))])('%s', (family) => {
  test.each(cases.filter((one) => one.family === family))('$reply $finish', (one) => {
    const { grade, reason } = readGrade(
      { text: one.reply, finish: one.finish ?? 'stop' },
      { passage: one.passage },
    );
    expect(grade ?? reason).toBe(one.read);
  });
});

test('the table has every family, and replies that differ', () => {
  expect(new Set(cases.map((one) => JSON.stringify(one))).size).toBe(cases.length);
  expect(cases.length).toBeGreaterThanOrEqual(60);
});

test.each(['judge-graded', 'judge-reasoned'])('the reply that %s shows is its own first case', (name) => {
  expect(parseGrade(loadPrompt(`generate/${name}`).reply)).toBe(2);
});

test.each([
  '#',
  '##final score',
  '{"score": ',
  '* ',
  '## final score: 2 ',
  '1 = a\n',
  '<think>',
  'Score: 1 to',
])('a long run of %j takes no long time', (piece) => {
  const began = performance.now();
  readGrade({ text: piece.repeat(100_000 / piece.length), finish: 'stop' });
  expect(performance.now() - began).toBeLessThan(1000);
});

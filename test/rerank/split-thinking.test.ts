import { expect, test } from 'vitest';
import { splitThinking } from '../../src/rerank/split-thinking.js';

test.each([
  // Tags.
  ['<think>B, then A.</think>\n[B] > [A]', 'B, then A.', '[B] > [A]'],
  ['<think>\nB\n</think>\n\nRanking: [B] > [A]', 'B', 'Ranking: [B] > [A]'],
  ['<thinking>B</thinking>[B] > [A]', 'B', '[B] > [A]'],
  ['<reasoning>B</reasoning><answer>[B] > [A]</answer>', 'B', '[B] > [A]'],
  ['<think>B</think> <answer> [B] > [A] </answer> done', 'B', '[B] > [A]'],
  // The template wrote the opening tag.
  ['B, then A.</think>[B] > [A]', 'B, then A.', '[B] > [A]'],
  // More than once: the answer follows the last.
  ['<think>a</think>[A] > [B]<think>b</think>[B] > [A]', 'a[A] > [B]b', '[B] > [A]'],
  ['<think></think>[B] > [A]', undefined, '[B] > [A]'],
  // Cut off.
  ['<think>[A] > [B] is wrong', '[A] > [B] is wrong', ''],
  ['<think>', undefined, ''],
  // No tags.
  ['I compare [A] > [B].\nRanking: [B] > [A]', 'I compare [A] > [B].', 'Ranking: [B] > [A]'],
  ['Thoughts.\n**Final ranking:** [B] > [A]', 'Thoughts.', '**Final ranking:** [B] > [A]'],
  ['Answer: [A] > [B]\nNo.\nAnswer: [B] > [A]', 'Answer: [A] > [B]\nNo.', 'Answer: [B] > [A]'],
  ['Thoughts. <answer>[B] > [A]</answer>', 'Thoughts.', '[B] > [A]'],
  ['Thoughts. <answer>[B] > [A]', 'Thoughts.', '[B] > [A]'],
  ['Ranking: [B] > [A]', undefined, 'Ranking: [B] > [A]'],
  // None of these.
  ['[B] > [A]', undefined, '[B] > [A]'],
  ['My ranking is [B] > [A]', undefined, 'My ranking is [B] > [A]'],
  ['', undefined, ''],
])('%j', (reply, thinking, answer) => {
  const split = splitThinking(reply);
  expect(split.thinking).toBe(thinking);
  expect(split.answer).toBe(answer);
});

import { expect, test } from 'vitest';
import { parseBestLabel, parseRanking } from '../../src/rerank/parse-ranking.js';
import { splitThinking } from '../../src/rerank/split-thinking.js';

const labels = ['[A]', '[B]', '[C]'];

// What small models write when they do not stop, and worse.
const beginnings = ['', 'x\n', '[A] > [B]', 'A > B', '[', '{', '["A"', 'A', '1. [A]', 'Ranking:', '<answer>'];
const fillings = [
  'id ',
  'text ',
  'docs, ',
  'A ',
  '\n',
  ' ',
  '[',
  '[x\n',
  '[A] ',
  '[A]\n',
  '>',
  '=',
  '- ',
  '. ',
];

test.each(beginnings)('no reply that begins with %j takes long to read', (beginning) => {
  for (const filling of fillings) {
    const reply = `${beginning}${filling.repeat(60_000 / filling.length)}unfinished!`;
    const began = performance.now();
    try {
      parseRanking(reply, labels);
    } catch {}
    parseBestLabel(reply, labels);
    splitThinking(reply);
    expect([filling, performance.now() - began < 1000]).toEqual([filling, true]);
  }
});

test.each([
  ['text C, id A, doc B', [2, 0, 1]],
  ['passage C passage A passage B', [2, 0, 1]],
  ['Answer: Documents C, A, B', [2, 0, 1]],
  ['Here it is:\n["C",\n "A", "B"]\nDone', [2, 0, 1]],
  ['  {"ranking": ["C", "A", "B"]}  \nDone', [2, 0, 1]],
])('%j is read', (reply, order) => {
  expect(parseRanking(reply, labels).order).toEqual(order);
});

test.each(['[0, 2, 1]', '2 > 0 > 1', '[2] > [0] > [1]', '1. 2\n2. 0\n3. 1'])(
  '%j counts from 0, and is no ranking of passages that count from 1',
  (reply) => {
    for (const names of [labels, ['[1]', '[2]', '[3]']])
      expect(() => parseRanking(reply, names)).toThrow(expect.objectContaining({ code: 'unparsed-ranking' }));
  },
);

test.each(['C A B passage', 'passages', 'passage passage C A B', 'See [1] and {2}\n["C", "A"\nnothing'])(
  '%j is no ranking',
  (reply) => {
    expect(() => parseRanking(reply, labels)).toThrow(expect.objectContaining({ code: 'unparsed-ranking' }));
  },
);

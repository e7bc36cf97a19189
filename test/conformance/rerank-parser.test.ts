import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { listPrompts, loadPrompt } from '../../src/prompts/template.js';
import { answerScales } from '../../src/rerank/comparators/answer-scale.js';
import { parseBestLabel, parseDigits, parseRanking, repairWarnings } from '../../src/rerank/parse-ranking.js';
import { splitThinking } from '../../src/rerank/split-thinking.js';

const letters = ['[A]', '[B]', '[C]', '[D]'];
const numbers = ['[1]', '[2]', '[3]', '[4]'];
const twenty = Array.from({ length: 20 }, (_, index) => `[${index + 1}]`);

describe('forms that are rankings', () => {
  const reversed = [3, 2, 1, 0];
  test.each([
    // The form that is asked for, and what surrounds it.
    ['[D] > [C] > [B] > [A]'],
    ['[D]>[C]>[B]>[A]'],
    ['  [D]  >  [C] > [B] > [A]  \n'],
    ['[D] > [C] > [B] > [A].'],
    ['[D] > [C] > [B] > [A]</s>'],
    ['Ranking: [D] > [C] > [B] > [A]'],
    ['Here is the ranking of the 4 passages:\n\n[D] > [C] > [B] > [A]\n\nLet me know if 2 more are needed.'],
    ['The most relevant is [A], I first thought. Final: [D] > [C] > [B] > [A]'],
    ['The format is [A] > [B] > [C] > [D]. My answer: [D] > [C] > [B] > [A]'],
    ['**[D] > [C] > [B] > [A]**'],
    ['**[D]** > **[C]** > **[B]** > **[A]**'],
    ['```\n[D] > [C] > [B] > [A]\n```'],
    ['`[D] > [C] > [B] > [A]`'],
    ['<think>[A] > [B] > [C] > [D]? No.</think>\n[D] > [C] > [B] > [A]'],
    ['[D] >\n[C] >\n[B] >\n[A]'],
    ['[D] >> [C] >> [B] >> [A]'],
    ['[D] &gt; [C] &gt; [B] &gt; [A]'],
    ['[D] ≻ [C] ≻ [B] ≻ [A]'],
    ['[D] → [C] → [B] → [A]'],
    ['[ D ] > [ C ] > [ B ] > [ A ]'],
    ['[d] > [c] > [b] > [a]'],
    // Lists.
    ['[D], [C], [B], [A]'],
    ['[D]\n[C]\n[B]\n[A]'],
    ['1. [D]\n2. [C]\n3. [B]\n4. [A]'],
    ['1) [D]\n2) [C]\n3) [B]\n4) [A]'],
    ['- [D]\n- [C]\n- [B]\n- [A]'],
    // Bare chains.
    ['D > C > B > A'],
    ['d > c > b > a'],
    ['Ranking: D > C > B > A'],
    ['I compared all of them.\nD > C > B > A\nThat is 4.'],
    // JSON.
    ['["D", "C", "B", "A"]'],
    ['["[D]", "[C]", "[B]", "[A]"]'],
    ['{"ranking": ["D", "C", "B", "A"]}'],
    ['```json\n["D", "C", "B", "A"]\n```'],
    ['[4, 3, 2, 1]'],
    ['{"order": [4, 3, 2, 1]}'],
    // Numbers where letters were asked for: positions from 1.
    ['[4] > [3] > [2] > [1]'],
    ['4 > 3 > 2 > 1'],
    ['1. [4]\n2. [3]\n3. [2]\n4. [1]'],
    // Nothing but labels.
    ['D, C, B, A'],
    ['D C B A'],
    ['4, 3, 2, 1'],
    ['4 3 2 1'],
    ['4\n3\n2\n1'],
    ['4; 3; 2; 1.'],
  ])('%j', (reply) => {
    const parsed = parseRanking(reply, letters);
    expect(parsed.order).toEqual(reversed);
    expect(parsed.repairs).toEqual({ missing: 0, repeated: 0, outOfRange: 0 });
  });

  test.each([['[4] > [3] > [2] > [1]'], ['4 > 3 > 2 > 1'], ['[4, 3, 2, 1]'], ['4, 3, 2, 1']])(
    '%j by numbers',
    (reply) => {
      expect(parseRanking(reply, numbers).order).toEqual(reversed);
    },
  );
});

describe('rankings that need repair', () => {
  test.each([
    ['[D] > [B]', [3, 1, 0, 2], { missing: 2, repeated: 0, outOfRange: 0 }],
    ['[D] > [B] >', [3, 1, 0, 2], { missing: 2, repeated: 0, outOfRange: 0 }],
    ['[D] > [B] > [D] > [A]', [3, 1, 0, 2], { missing: 1, repeated: 1, outOfRange: 0 }],
    ['[D] > [Z] > [C] > [B] > [A]', [3, 2, 1, 0], { missing: 0, repeated: 0, outOfRange: 1 }],
    ['[5] > [4] > [3] > [0]', [3, 2, 0, 1], { missing: 2, repeated: 0, outOfRange: 2 }],
    ['["D", "C", "C"]', [3, 2, 0, 1], { missing: 2, repeated: 1, outOfRange: 0 }],
    ['D > C > B', [3, 2, 1, 0], { missing: 1, repeated: 0, outOfRange: 0 }],
    [
      '[D] > [C] > [B] > [A] > [D] > [C] > [B] > [A]',
      [3, 2, 1, 0],
      { missing: 0, repeated: 4, outOfRange: 0 },
    ],
  ])('%j', (reply, order, repairs) => {
    const parsed = parseRanking(reply, letters);
    expect(parsed).toEqual({ order, repairs });
    expect(repairWarnings(parsed, 'q')).toEqual([
      expect.objectContaining({ code: 'repaired-ranking', id: 'q' }),
    ]);
  });

  test('a whole ranking needs none', () => {
    expect(repairWarnings(parseRanking('[B] > [A]', ['[A]', '[B]']), 'q')).toEqual([]);
  });
});

describe('replies that are no ranking', () => {
  test.each([
    // Nothing.
    [''],
    ['   \n'],
    ['.'],
    ['>'],
    ['[]'],
    ['[] > []'],
    ['{}'],
    ['null'],
    ['😊'],
    ['<think>[D] > [C] > [B] > [A]'],
    // What untuned models say: digits in prose.
    ['20 passages are provided.'],
    ['20 passages have been provided.'],
    ['10 passages will be listed.'],
    ['20 passages are provided, so the ranking will be from 1 to 20.'],
    ['I would rank passage 3 first, then 1, 2 and 4.'],
    ['Passages 4, 3, 2, 1 are about fleas.'],
    ['In 2019, 4 of 3 fleas lived 2 to 1 weeks.'],
    ['1. The flea lives 4 weeks.\n2. It lives 3.\n3. And 2.\n4. Or 1.'],
    ['[1] The Government of the [2] United States [3] has [4] branches'],
    ['[1] · just [2] · as [3] · in [4] · the prompt'],
    ['[A] The Government of the\n[B] United States\n[C] has'],
    ['The best passage is [D], it names the flea. [C] is about dogs, [B] about cats.'],
    // Too little.
    ['[D]'],
    ['D'],
    ['4'],
    ['The answer is D.'],
    ['[D] >'],
    ['1. [D]'],
    ['[D] > [D] > [D] > [D]'],
    ['[X] > [Y] > [Z]'],
    ['[9] > [8] > [7] > [6]'],
    ['[D] > [C] > [X] > [Y] > [Z]'],
    // Refusals.
    ["I'm sorry, but I can't help with that."],
    ['As an AI language model, I cannot rank these 4 passages.'],
    ['I cannot rank them: 4 > 3 is arithmetic, not relevance.'],
    // Error bodies.
    ['{"error": {"code": 429, "message": "Rate limit reached"}}'],
    ['{"error": [4, 3, 2, 1]}'],
    ['{"message": [4, 3, 2, 1]}'],
    ['{"detail": ["D", "C", "B", "A"]}'],
    ['{"ranking": ["D", "C"], "error": "cut"}'],
    ['{"ranking": "D > C"}'],
    ['<html><head><title>502 Bad Gateway</title></head><body>1 2 3 4</body></html>'],
    ['Error 500: 4 > 3'],
    ['HTTP/1.1 503 Service Unavailable'],
    // Other JSON.
    ['[[4, 3], [2, 1]]'],
    ['[{"id": 4}, {"id": 3}]'],
    ['[4.5, 3.5, 2.5, 1.5]'],
    ['["D", null, "B", "A"]'],
    ['true'],
    // Words of few letters are no labels.
    ['yes no yes no'],
    ['the cat sat on'],
    ['a > the > an > of'],
  ])('%j', (reply) => {
    expect(() => parseRanking(reply, letters)).toThrow(
      expect.objectContaining({ code: 'unparsed-ranking', retryable: true }),
    );
  });

  test.each([['1. [1] > [2] >'], ['[1] > [2] > [3]'], ['20'], ['5 > 3'], ['1 2 3']])(
    '%j names too few of 20',
    (reply) => {
      expect(() => parseRanking(reply, twenty)).toThrow(
        expect.objectContaining({ code: 'unparsed-ranking' }),
      );
    },
  );

  test('one label decides between two passages, where the reply is nothing else', () => {
    expect(parseRanking('[B]', ['[A]', '[B]']).order).toEqual([1, 0]);
    expect(parseRanking('B', ['[A]', '[B]']).order).toEqual([1, 0]);
    expect(() => parseRanking('Passage [B] is best', ['[A]', '[B]'])).toThrow();
  });

  test('the error shows the beginning of the reply, and no more', () => {
    const long = 'no '.repeat(1000);
    expect(() => parseRanking(long, letters)).toThrow(
      expect.objectContaining({ where: expect.stringMatching(/^"no .*…"$/) }),
    );
  });
});

test('any written permutation is read back, whatever the label style', () => {
  const styles = [
    (index: number) => `[${String.fromCharCode(65 + index)}]`,
    (index: number) => String.fromCharCode(65 + index),
    (index: number) => `[${index + 1}]`,
    (index: number) => `${index + 1}`,
    (index: number) => `A${String.fromCharCode(65 + index)}`,
  ];
  const permutation = fc.integer({ min: 2, max: 26 }).chain((n) =>
    fc.shuffledSubarray(
      Array.from({ length: n }, (_, i) => i),
      { minLength: n, maxLength: n },
    ),
  );
  fc.assert(
    fc.property(permutation, fc.constantFrom(...styles), (order, style) => {
      const labels = order.map((_, index) => style(index));
      expect(parseRanking(order.map((index) => labels[index]).join(' > '), labels).order).toEqual(order);
    }),
  );
});

test('whatever is read is a permutation', () => {
  const piece = fc.constantFrom(
    '[A]',
    '[B]',
    '[Z]',
    'C',
    '4',
    ' > ',
    ', ',
    '\n',
    '. ',
    'text ',
    '"',
    '[',
    ']',
    '{',
    '}',
    ':',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        expect([...parseRanking(pieces.join(''), letters).order].sort()).toEqual([0, 1, 2, 3]);
      } catch (error) {
        expect(error).toMatchObject({ code: 'unparsed-ranking' });
      }
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['[2] > [1]', [1, 0, 2, 3]],
  ['20 passages are provided.', [0, 1, 2, 3]],
  ['passage 3, then 2, 3 and 9', [2, 1, 0, 3]],
  ['', [0, 1, 2, 3]],
  ['[1', [0, 1, 2, 3]],
])('digits: %j', (reply, order) => {
  expect(parseDigits(reply, 4).order).toEqual(order);
});

describe("each prompt's example reply is of the form it asks for", () => {
  const three = ['[A]', '[B]', '[C]'];
  const readings: Record<string, (reply: string) => unknown> = {
    'rerank/listwise': (reply) => parseRanking(reply, three).order,
    'rerank/reason': (reply) => parseRanking(splitThinking(reply).answer, three).order,
    'rerank/setwise': (reply) => parseBestLabel(reply, three),
    'rerank/pairwise': (reply) => parseBestLabel(reply, three.slice(0, 2)),
    'rerank/yes-no': answerScales['yes-no'].read,
    'rerank/graded': answerScales.graded.read,
    'rerank/groupwise': (reply) => JSON.parse(reply),
    'rerank/query-likelihood': (reply) => reply,
  };
  const read: Record<string, unknown> = {
    'rerank/listwise': [1, 0, 2],
    'rerank/reason': [1, 0, 2],
    'rerank/setwise': 1,
    'rerank/pairwise': 1,
    'rerank/yes-no': 1,
    'rerank/graded': 2,
    'rerank/groupwise': { A: 2, B: 9, C: 4 },
    'rerank/query-likelihood': 'how long is the life cycle of a flea',
  };
  test.each(listPrompts().filter((id) => id.startsWith('rerank/')))('%s', (id) => {
    // Other wordings of one prompt end in a word of their own.
    const kind = id.replace(/^(rerank\/listwise)-.*/, '$1');
    expect(readings[kind]!(loadPrompt(id).reply)).toEqual(read[kind]);
  });
});

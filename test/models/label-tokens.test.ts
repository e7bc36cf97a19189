import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alignLabels, labelsAlign } from '../../src/models/label-tokens.js';

type Style = 'bracketed' | 'plain' | 'numbers';
interface Vocabulary {
  readonly texts: Record<string, string>;
  readonly replies: Record<Style, Record<string, number[]>>;
}
// What the two real tokenizers make of replies such as `[A] > [B]`; test/real reads them from the models themselves.
const vocabularies = JSON.parse(readFileSync('test/fixtures/label-tokenisations.json', 'utf8')) as Record<
  string,
  Vocabulary
>;

function labels(vocabulary: string, style: Style, wanted?: RegExp) {
  const { replies, texts } = vocabularies[vocabulary]!;
  const chosen = Object.entries(replies[style]).filter(([reply]) => !wanted || wanted.test(reply));
  return {
    tokens: chosen.map(([, tokens]) => tokens),
    text: (token: number) => texts[token]!,
    names: chosen.map(([reply]) => reply.split(' ')[0]),
  };
}

describe("Qwen's vocabulary", () => {
  test('[A is one token and [O two: brackets do not tell the alphabet apart, and O and Q clash', () => {
    const { tokens, text } = labels('qwen2.5', 'bracketed');
    expect(tokens[0]!.map(text).slice(0, 2)).toEqual(['[A', ']']);
    expect(tokens[14]!.map(text).slice(0, 3)).toEqual(['[', 'O', ']']);
    expect(() => alignLabels(tokens)).toThrowError(expect.objectContaining({ code: 'ambiguous-labels' }));
    expect(labelsAlign(tokens, text)).toBe(false);
  });

  test('one torn label is enough: its bracket would stand for the beginning of all others', () => {
    const { tokens, text } = labels('qwen2.5', 'bracketed', /^\[[A-O]/);
    expect(labelsAlign(tokens, text)).toBe(false);
  });

  test('[A to [N line up, and are read without a prefilled bracket', () => {
    const { tokens, text } = labels('qwen2.5', 'bracketed', /^\[[A-N]/);
    const found = alignLabels(tokens, text);
    expect(found.prefix).toEqual([]);
    expect(found.labels.map(text)).toEqual([...'ABCDEFGHIJKLMN'].map((letter) => `[${letter}`));
  });

  test('plain letters line up', () => {
    const { tokens, text, names } = labels('qwen2.5', 'plain');
    const found = alignLabels(tokens, text);
    expect(found.prefix).toEqual([]);
    expect(found.labels.map(text)).toEqual(names);
  });

  test('numbers are written digit by digit: 1 to 9 line up, 1 to 20 do not', () => {
    const all = labels('qwen2.5', 'numbers');
    expect(labelsAlign(all.tokens, all.text)).toBe(false);
    const digits = labels('qwen2.5', 'numbers', /^\d /);
    expect(alignLabels(digits.tokens, digits.text).labels.map(digits.text)).toEqual(digits.names);
  });
});

describe("SmolLM2's vocabulary", () => {
  test.each([
    { style: 'bracketed' as const, prefix: ['['] },
    { style: 'plain' as const, prefix: [] },
  ])('$style letters line up', ({ style, prefix }) => {
    const { tokens, text } = labels('smollm2', style);
    const found = alignLabels(tokens, text);
    expect(found.prefix.map(text)).toEqual(prefix);
    expect(found.labels.map(text)).toEqual([...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']);
  });
});

test('a shared beginning is prefilled', () => {
  expect(
    alignLabels([
      [5, 9, 1],
      [5, 9, 2],
      [5, 9, 3, 4],
    ]),
  ).toEqual({ prefix: [5, 9], labels: [1, 2, 3] });
});

test.each([
  {
    name: 'equal replies',
    replies: [
      [1, 2],
      [1, 2],
    ],
  },
  { name: 'a reply that begins another', replies: [[1], [1, 2]] },
  { name: 'an empty reply', replies: [[], [1]] },
  { name: 'no reply token at all', replies: [[]] },
  {
    name: 'two of three that differ later',
    replies: [
      [1, 2],
      [3, 4],
      [3, 5],
    ],
  },
])('refused: $name', ({ replies }) => {
  expect(labelsAlign(replies)).toBe(false);
  expect(() => alignLabels(replies)).toThrowError(expect.objectContaining({ code: 'ambiguous-labels' }));
});

test('a number that begins another is whole where the tokenizer keeps both whole', () => {
  const text = (token: number) => ({ 1: '1', 10: '10', 2: '2', 3: ' >' })[token]!;
  expect(
    labelsAlign(
      [
        [1, 3, 2],
        [10, 3, 1],
        [2, 3, 1],
      ],
      text,
    ),
  ).toBe(true);
});

test('whatever the tokens, found labels are distinct and follow what all replies share', () => {
  const reply = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 });
  fc.assert(
    fc.property(fc.array(reply, { minLength: 2, maxLength: 5 }), (replies) => {
      if (!labelsAlign(replies)) return;
      const { prefix, labels: found } = alignLabels(replies);
      expect(new Set(found).size).toBe(replies.length);
      for (const [index, tokens] of replies.entries()) {
        expect(tokens.slice(0, prefix.length + 1)).toEqual([...prefix, found[index]]);
      }
    }),
  );
});

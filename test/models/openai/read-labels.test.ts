import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { differAtOnce, readLabels, sharedStart } from '../../../src/models/openai/read-labels.js';

type Shown = readonly (readonly [string, number])[];
const position = (shown: Shown, written = shown[0]!) => ({
  token: written[0],
  logProbability: Math.log(written[1]),
  alternatives: shown.map(([token, probability]) => ({ token, logProbability: Math.log(probability) })),
});
const read = (
  positions: readonly Shown[],
  replies: readonly string[],
  prefilled?: string,
  spellings?: 'sum' | 'most-probable',
) => {
  const { logProbabilities, mass, warnings } = readLabels(
    positions.map((shown) => position(shown)),
    replies,
    { prefilled, spellings },
  );
  const probabilities = logProbabilities.map((value) =>
    value === null ? null : Number(Math.exp(value).toFixed(6)),
  );
  return { probabilities, mass: Number(mass.toFixed(6)), warnings };
};

describe('readLabels', () => {
  test.each([
    {
      name: 'plain letters',
      positions: [
        [
          ['A', 0.6],
          ['B', 0.3],
        ],
      ] as Shown[],
      replies: ['A', 'B'],
      probabilities: [0.6, 0.3],
    },
    {
      name: 'two spellings are summed',
      positions: [
        [
          ['A', 0.4],
          [' A', 0.2],
          ['B', 0.3],
        ],
      ] as Shown[],
      replies: ['A', 'B'],
      probabilities: [0.6, 0.3],
    },
    {
      name: 'a token that goes on past the label',
      positions: [
        [
          ['B)', 0.5],
          ['A]', 0.2],
        ],
      ] as Shown[],
      replies: ['A', 'B'],
      probabilities: [0.2, 0.5],
    },
    {
      name: 'a word that begins with a label is not the label',
      positions: [
        [
          ['Answer', 0.7],
          ['B', 0.2],
        ],
      ] as Shown[],
      replies: ['A', 'B'],
      probabilities: [null, 0.2],
    },
    {
      name: 'after a prefilled start',
      positions: [
        [
          ['B', 0.5],
          ['A', 0.25],
        ],
      ] as Shown[],
      replies: ['[A] > [B]', '[B] > [A]'],
      prefilled: '[',
      probabilities: [0.25, 0.5],
    },
    {
      name: 'the start written by the model',
      positions: [
        [
          ['[', 0.8],
          ['The', 0.1],
        ],
        [
          ['A', 0.5],
          ['B', 0.25],
        ],
      ] as Shown[],
      replies: ['[A] > [B]', '[B] > [A]'],
      probabilities: [0.4, 0.2],
    },
    {
      name: 'one label joined to the start and one not',
      positions: [
        [
          ['[', 0.3],
          ['[A', 0.6],
        ],
        [['B', 0.5]],
      ] as Shown[],
      replies: ['[A] > [B]', '[B] > [A]'],
      probabilities: [0.6, 0.15],
    },
    {
      name: 'a model that starts otherwise',
      positions: [[['Sure', 0.9]], [['A', 0.9]]] as Shown[],
      replies: ['[A] > [B]', '[B] > [A]'],
      probabilities: [null, null],
    },
    {
      name: 'a token that two labels begin with says nothing',
      positions: [
        [
          ['1', 0.9],
          ['2', 0.05],
        ],
      ] as Shown[],
      replies: ['10', '11', '2'],
      probabilities: [null, null, 0.05],
    },
  ])('$name', ({ positions, replies, prefilled, probabilities }) => {
    expect(read(positions, replies, prefilled).probabilities).toEqual(probabilities);
  });

  test('or the most probable spelling counts, also where one is joined to the start', () => {
    const alone: Shown[] = [
      [
        ['A', 0.3],
        [' A', 0.25],
        ['B', 0.4],
      ],
    ];
    expect(read(alone, ['A', 'B'], '', 'most-probable').probabilities).toEqual([0.3, 0.4]);
    expect(read(alone, ['A', 'B']).probabilities).toEqual([0.55, 0.4]);
    const joined: Shown[] = [
      [
        ['[', 0.5],
        ['[A', 0.4],
      ],
      [['A', 0.5]],
    ];
    expect(read(joined, ['[A] > [B]', '[B] > [A]'], '', 'most-probable').probabilities).toEqual([0.4, null]);
  });

  test('what was not seen is said', () => {
    const { mass, warnings } = read(
      [
        [
          ['A', 0.5],
          ['x', 0.3],
        ],
      ],
      ['A', 'B', 'C'],
    );
    expect(mass).toBe(0.5);
    expect(warnings).toEqual([
      expect.objectContaining({
        code: 'labels-not-shown',
        message: expect.stringContaining('2 of 3 labels'),
      }),
    ]);
    expect(warnings[0]!.message).toContain('0.2000');
    expect(
      read(
        [
          [
            ['A', 0.5],
            ['B', 0.3],
          ],
        ],
        ['A', 'B'],
      ).warnings,
    ).toEqual([]);
  });

  test('no probability is counted twice: the mass is never above 1', () => {
    const token = fc.constantFrom('A', ' A', 'B', '[', '[A', 'A]', '[B', ' ', 'x', '1');
    const shown = fc
      .uniqueArray(token, { minLength: 1, maxLength: 8 })
      .map((tokens) => tokens.map((text) => [text, 1 / tokens.length] as const));
    fc.assert(
      fc.property(
        fc.array(shown, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(['A', 'B'], ['[A]', '[B]'], ['1', '10']),
        (positions, replies) => {
          const { logProbabilities, mass } = readLabels(
            positions.map((each) => position(each)),
            replies,
          );
          expect(
            logProbabilities.reduce<number>((sum, value) => sum + (value === null ? 0 : Math.exp(value)), 0),
          ).toBeLessThan(1 + 1e-9);
          expect(mass).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

test.each([
  { replies: ['[A] > [B]', '[B] > [A]'], start: '[', differ: true },
  { replies: ['A', 'B'], start: '', differ: true },
  { replies: ['[1]', '[2]', '[10]'], start: '[', differ: false },
  { replies: ['yes', 'no'], start: '', differ: true },
  { replies: ['1', '10'], start: '1', differ: false },
  { replies: ['yes'], start: '', differ: true },
])('$replies share "$start"', ({ replies, start, differ }) => {
  expect(sharedStart(replies)).toBe(start);
  expect(differAtOnce(replies)).toBe(differ);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  answerShape,
  definition,
  earlyCoverage,
  numberNear,
  subjectTerms,
  wantsNumber,
} from '../../../src/distill/features/answer-shape.js';
import { queryTerms } from '../../../src/distill/features/match-terms.js';
import { createAnalyser } from '../../../src/retrieval/analyser.js';
import { termStatistics } from '../../../src/retrieval/bm25.js';

const analyser = createAnalyser('english');
const statistics = termStatistics(
  [
    { text: 'Tides are the rise and fall of the sea.' },
    { text: 'What causes a spring tide?' },
    { text: 'Bread needs flour, water and salt.' },
  ],
  analyser,
);
const subjectOf = (query: string) => subjectTerms(queryTerms(analyser(query), statistics));

describe('the subject of a query', () => {
  test('words that ask are no part of it, and the weights sum to 1', () => {
    const subject = subjectOf('what causes a spring tide');
    expect([...subject.keys()]).toEqual(['caus', 'spring', 'tide']);
    expect([...subject.values()].reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 12);
    // The rarer term weighs more.
    expect(subject.get('spring')).toBeGreaterThan(subject.get('tide')!);
  });

  test('a query of nothing but such words keeps them, and an empty one has none', () => {
    expect([...subjectOf('who are you').keys()]).toEqual(['who', 'you']);
    expect(subjectOf('').size).toBe(0);
  });
});

describe('early coverage', () => {
  const subject = new Map([
    ['tide', 0.75],
    ['spring', 0.25],
  ]);
  test.each([
    { terms: ['tide', 'spring'], value: 0.75 + 0.25 * (10 / 11) },
    { terms: ['a', 'tide', 'tide'], value: 0.75 * (10 / 11) },
    { terms: ['sea'], value: 0 },
    { terms: [], value: 0 },
  ])('$terms', ({ terms, value }) => {
    expect(earlyCoverage(subject, terms, 10)).toBeCloseTo(value, 12);
  });

  test('words put before a passage never raise it, and it is 0 to 1', () => {
    const words = fc.array(fc.constantFrom('tide', 'spring', 'sea', 'moon'), { maxLength: 30 });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 40 }), (terms, half) => {
        const value = earlyCoverage(subject, terms, half);
        expect(earlyCoverage(subject, ['sea', ...terms], half)).toBeLessThanOrEqual(value);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('definitions', () => {
  const value = (query: string, text: string) => definition(subjectOf(query), answerShape(text, analyser));

  test.each(['A tide is a rise of the sea.', 'Tides ARE waves.', 'Tide means the rise of water.'])(
    '%s',
    (text) => {
      expect(value('define tide', text)).toBeGreaterThan(0);
    },
  );

  test('mentions that define nothing, and definitions of something else, are none', () => {
    expect(value('tide', 'The spring tide of March was high in the harbour, and bread is cheap.')).toBe(0);
    expect(value('tide', 'is tide')).toBe(0);
    expect(value('tide', '')).toBe(0);
  });

  test('a definition counts for more at the beginning, and for more of the rarer term', () => {
    const late = `${'High water again. '.repeat(10)}A tide is a rise of the sea.`;
    expect(value('tide', 'A tide is a rise of the sea.')).toBeGreaterThan(value('tide', late));
    expect(value('spring tide', 'A spring is a season.')).toBeGreaterThan(
      value('spring tide', 'A tide is high.'),
    );
  });
});

test('address is the share of words that speak of reader and writer', () => {
  expect(answerShape('You and I bake OUR bread', analyser).address).toBeCloseTo(3 / 6, 12);
  expect(answerShape('Bread needs flour', analyser).address).toBe(0);
  expect(answerShape('', analyser).address).toBe(0);
});

describe('numbers', () => {
  test.each(['How long do eggs boil', 'when was it built', 'cost of a roof', 'how many moons has Mars'])(
    '"%s" asks for one',
    (query) => {
      expect(wantsNumber(query)).toBe(true);
    },
  );
  test.each(['who built it', 'how to boil eggs', 'whenever wherever', 'costume for a play', ''])(
    '"%s" asks for none',
    (query) => {
      expect(wantsNumber(query)).toBe(false);
    },
  );
  test.each([
    { text: 'boil eggs for 8 minutes', value: 1 },
    { text: '8 minutes is how long eggs boil', value: 1 },
    { text: 'boil eggs until they are done', value: 0 },
    { text: 'eggs are laid by hens kept outside on grass near old barns since 1950', value: 0 },
    { text: 'in 1950 nothing happened', value: 0 },
  ])('$text', ({ text, value }) => {
    expect(numberNear(new Map([['egg', 1]]), analyser(text))).toBe(value);
  });
});

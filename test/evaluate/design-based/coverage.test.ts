import { describe, expect, test } from 'vitest';
import { type Random, randomStream } from '../../../src/core/random.js';
import type { Qrels, Run } from '../../../src/core/run.js';
import { correctedTotal, naiveTotal } from '../../../src/evaluate/design-based/corrected-total.js';
import { drawSample } from '../../../src/evaluate/design-based/draw-sample.js';
import {
  pairId,
  pairUnits,
  queryUnits,
  rankCoefficients,
} from '../../../src/evaluate/design-based/measure-units.js';
import type {
  CorrectionOptions,
  Estimate,
  SampledUnit,
} from '../../../src/evaluate/design-based/sampled-unit.js';
import { evaluateRun } from '../../../src/evaluate/evaluate-run.js';

const simulations = 1000;
/** Three standard errors of a share of .95 among 1,000. */
const margin = 3 * Math.sqrt((0.95 * 0.05) / simulations);

type JudgeOf = (grade: number, random: Random) => number;
const clip = (grade: number) => Math.min(3, Math.max(0, Math.round(grade)));
const mild = 'a mild judge, biased by a whole grade';
const judges: Record<string, JudgeOf> = {
  'a good judge': (grade, random) => (random.next() < 0.85 ? grade : random.int(4)),
  [mild]: (grade, random) => clip(grade + 1 + 0.5 * random.normal()),
  'a judge that mistakes good for bad': (grade, random) => clip(3 - grade + 0.5 * random.normal()),
  'a judge that guesses': (_, random) => random.int(4),
  'a judge that says 3 to all': () => 3,
};

interface Pair {
  readonly query: string;
  readonly human: number;
  readonly judge: number;
}

/** Most pairs are of grade 0, and queries differ. */
function drawPairs(queries: number, each: number, judgeOf: JudgeOf, random: Random): Pair[] {
  return Array.from({ length: queries }, (_, q) => {
    const ease = random.next();
    return Array.from({ length: each }, (): Pair => {
      const human = random.next() < 0.5 + 0.4 * ease ? 0 : 1 + random.int(3);
      return { query: `q${q}`, human, judge: judgeOf(human, random) };
    });
  }).flat();
}

const asUnits = (
  pairs: readonly Pair[],
  size: number,
  seed: number,
  value: (grade: number) => number,
): SampledUnit[] => {
  const { drawn } = drawSample(
    pairs.map((_, index) => `${index}`),
    { size, seed },
  );
  return pairs.map(({ query, human, judge }, index) => ({
    predicted: value(judge),
    observed: drawn.has(`${index}`) ? value(human) : undefined,
    probability: size / pairs.length,
    cluster: query,
  }));
};

function tally() {
  const counts = { covered: 0, naive: 0 };
  let [sum, squares] = [0, 0];
  return {
    counts,
    add(truth: number, { value, low, high }: Estimate, naive: Estimate) {
      if (low <= truth && truth <= high) counts.covered++;
      if (naive.low <= truth && truth <= naive.high) counts.naive++;
      sum += value - truth;
      squares += (value - truth) ** 2;
    },
    /** The mean error in standard errors of itself. */
    bias: () =>
      sum / simulations / Math.sqrt((squares / simulations - (sum / simulations) ** 2) / simulations),
  };
}

const grade = (value: number) => value;
const relevant = (value: number) => (value >= 2 ? 1 : 0);

describe.each(Object.entries(judges))('with %s', (name, judgeOf) => {
  const all: [string, number, CorrectionOptions][] = [
    ['mean grade', 120, {}],
    ['mean grade, labels as they are', 120, { use: 'as-is' }],
    // In 120 pairs a judge of yes or no errs too rarely for an interval by Student's t: it covers in .92 of draws.
    ['precision', 240, {}],
  ];
  const isMild = name === mild;
  test.each(isMild ? all : all.slice(0, 1))(
    'the interval of the %s of these pairs covers, and the naive one does not',
    (what, size, options) => {
      const value = what === 'precision' ? relevant : grade;
      const pairs = drawPairs(40, 15, judgeOf, randomStream(1, name));
      const truth = pairs.reduce((sum, { human }) => sum + value(human), 0) / pairs.length;
      const { counts, add, bias } = tally();
      for (let seed = 0; seed < simulations; seed++) {
        const units = asUnits(pairs, size, seed, value);
        add(truth, correctedTotal(units, options), naiveTotal(units));
      }
      expect(Math.abs(counts.covered / simulations - 0.95)).toBeLessThan(margin);
      if (options.use === 'as-is') expect(Math.abs(bias())).toBeLessThan(4);
      // These pairs are fixed, so the naive interval covers always or never.
      if (name !== 'a good judge') expect(counts.naive).toBe(0);
    },
  );

  test.runIf(isMild)('the interval for other queries of the same kind covers', () => {
    const random = randomStream(2, name);
    const large = drawPairs(10_000, 6, judgeOf, randomStream(3, name));
    const truth = large.reduce((sum, { human }) => sum + human, 0) / large.length;
    const { counts, add } = tally();
    for (let seed = 0; seed < simulations; seed++) {
      const units = asUnits(drawPairs(60, 6, judgeOf, random), 100, seed, grade);
      add(truth, correctedTotal(units, { target: 'larger' }), naiveTotal(units));
    }
    expect(Math.abs(counts.covered / simulations - 0.95)).toBeLessThan(margin);
    expect(counts.naive / simulations).toBeLessThan(0.2);
  });
});

test('a judge that is worth something makes the interval shorter, and one that is not no longer', () => {
  const widths = (judgeOf: JudgeOf) => {
    const pairs = drawPairs(40, 25, judgeOf, randomStream(4));
    return Array.from({ length: 50 }, (_, seed) => {
      const units = asUnits(pairs, 120, seed, grade);
      return correctedTotal(units).standardError / correctedTotal(units, { use: 'none' }).standardError;
    }).reduce((sum, ratio) => sum + ratio / 50, 0);
  };
  expect(widths(judges[mild]!)).toBeLessThan(0.7);
  expect(widths(judges['a judge that mistakes good for bad']!)).toBeLessThan(0.7);
  expect(widths(judges['a judge that guesses']!)).toBeLessThan(1.02);
});

/** Passages of known grades in two systems' orders, a better and a worse, and a judge that favours the worse one's. */
function twoSystems(queries: number) {
  const random = randomStream(5);
  const [human, judge] = [new Map<string, Map<string, number>>(), new Map<string, Map<string, number>>()];
  const [good, bad]: [Run, Run] = [new Map(), new Map()] as never;
  for (let q = 0; q < queries; q++) {
    const passages = Array.from({ length: 20 }, (_, index) => {
      const truth = random.next() < 0.6 ? 0 : 1 + random.int(3);
      const style = random.normal();
      return { id: `p${index}`, truth, style, said: clip(0.4 * truth + 1 + style) };
    });
    const order = (score: (passage: (typeof passages)[number]) => number) =>
      passages
        .map((passage) => ({ id: passage.id, score: score(passage) }))
        .sort((a, b) => b.score - a.score);
    human.set(`q${q}`, new Map(passages.map(({ id, truth }) => [id, truth])));
    judge.set(`q${q}`, new Map(passages.map(({ id, said }) => [id, said])));
    (good as Map<string, unknown>).set(
      `q${q}`,
      order(({ truth }) => truth + 1.5 * random.normal()),
    );
    (bad as Map<string, unknown>).set(
      `q${q}`,
      order(({ truth, style }) => 0.5 * truth + 2 * style),
    );
  }
  return { human, judge, good, bad } satisfies { human: Qrels; judge: Qrels; good: Run; bad: Run };
}

const { human, judge, good, bad } = twoSystems(150);
const meanOf = (qrels: Qrels, run: Run, name: string) => evaluateRun(qrels, run, [name]).means[name]!;

test.each<[string, [Run, Run?], string]>([
  ['nDCG@10 of one', [good], 'nDCG@10'],
  ['nDCG@10 of the difference', [good, bad], 'nDCG@10'],
  ['AP of the difference', [good, bad], 'AP'],
])('%s: drawn by query the interval covers, and the naive one misleads', (_, [run, other], name) => {
  const truth = meanOf(human, run, name) - (other ? meanOf(human, other, name) : 0);
  const all = new Map([...human.keys()].map((id) => [id, { probability: 1, stratum: 'all' }]));
  const whole = queryUnits({ judge, human, units: all, drawn: new Set(human.keys()) }, [run, other], name);
  expect(whole.reduce((sum, { observed }) => sum + observed! / whole.length, 0)).toBeCloseTo(truth, 12);
  const { counts, add } = tally();
  for (let seed = 0; seed < simulations; seed++) {
    const { drawn } = drawSample([...human.keys()], { size: 40, seed });
    // The measures by query are the same in each sample: only what was looked at differs.
    const units = whole.map((unit, index) => ({
      ...unit,
      probability: 40 / 150,
      observed: drawn.has(`q${index}`) ? unit.observed : undefined,
    }));
    add(truth, correctedTotal(units), naiveTotal(units));
  }
  expect(Math.abs(counts.covered / simulations - 0.95)).toBeLessThan(margin);
  expect(counts.naive).toBe(0);
});

test.each(['P', 'DCG'] as const)('%s@5 of the difference: drawn by pair the interval covers', (base) => {
  const at = (run: Run) => rankCoefficients(run, { base, cutoff: 5, queries: 150 });
  const [first, second] = [at(good), at(bad)];
  const value = base === 'P' ? relevant : grade;
  const ids = [...human].flatMap(([query, grades]) => [...grades.keys()].map((id) => pairId(query, id)));
  const both = (query: string, passage: string) => first(query, passage) - second(query, passage);
  const sample = (seed: number) => ({ judge, human, ...drawSample(ids, { size: 300, seed }) });
  const everything = pairUnits(
    { judge, human, units: drawSample(ids, { size: 3000, seed: 1 }).units, drawn: new Set(ids) },
    value,
    both,
  );
  const truth = everything.reduce((sum, unit) => sum + unit.coefficient! * unit.observed!, 0);
  if (base === 'P') {
    const p5 = (run: Run) => evaluateRun(human, run, ['P@5'], { relevantFrom: 2 }).means['P@5']!;
    expect(truth).toBeCloseTo(p5(good) - p5(bad), 12);
  }
  const { counts, add } = tally();
  for (let seed = 0; seed < simulations; seed++) {
    const { drawn } = sample(seed);
    const units = everything.map((unit, index) => ({
      ...unit,
      probability: 0.1,
      observed: drawn.has(ids[index]!) ? unit.observed : undefined,
    }));
    add(truth, correctedTotal(units), naiveTotal(units));
  }
  expect(Math.abs(counts.covered / simulations - 0.95)).toBeLessThan(margin);
});

test('a drawn pair or query that people left out is an error, not a zero', () => {
  const ids = [...human].flatMap(([query, grades]) => [...grades.keys()].map((id) => pairId(query, id)));
  const gaps = new Map([...human].map(([query, grades]) => [query, new Map([...grades].slice(1))]));
  const pairs = { judge, human: gaps, ...drawSample(ids, { size: 300, seed: 1 }) };
  expect(() => pairUnits(pairs)).toThrow(expect.objectContaining({ code: 'too-little-data' }));
  const queries = {
    judge,
    human: new Map([...human].slice(40)),
    ...drawSample([...human.keys()], { size: 40, seed: 1 }),
  };
  expect(() => queryUnits(queries, [good], 'nDCG@10')).toThrow(
    expect.objectContaining({ code: 'too-little-data' }),
  );
});

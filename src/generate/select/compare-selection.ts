import { RankforgeError } from '../../core/errors.js';
import type { JobOptions } from '../../core/progress.js';
import { randomStream, shuffle } from '../../core/random.js';
import { mean } from '../../core/vectors.js';
import { describeSelection, type SelectionFigures, type Spread } from './describe-selection.js';
import type { SelectionInput } from './selection.js';

/** A selection beside random ones of the same size. */
export interface SelectionComparison {
  readonly selected: SelectionFigures;
  /** Means over the random selections. */
  readonly random: SelectionFigures;
  /** Standard deviations over them, of the figures that are one number. */
  readonly randomDeviation: Readonly<Partial<Record<RandomFigure, number>>>;
  readonly seeds: number;
}
type RandomFigure = 'coverageRadius' | 'meanDistanceToSelected' | 'meanPairDistance' | 'meanDifficulty';

export interface CompareSelectionOptions extends Pick<JobOptions, 'signal'> {
  readonly seed: number;
  /** Random selections, 2 or more. @default 10 */
  readonly seeds?: number;
}

/**
 * Figures of a selection, next to the mean of random selections of the same size.
 * O(seeds × selected × examples × dimensions).
 */
export async function compareSelection(
  input: SelectionInput,
  indexes: readonly number[],
  { seed, seeds = 10, signal }: CompareSelectionOptions,
): Promise<SelectionComparison> {
  if (!Number.isInteger(seeds) || seeds < 2) {
    throw new RankforgeError('usage', `seeds must be a whole number, 2 or more, not ${seeds}`, {
      where: 'seeds',
      hint: 'Correct the option.',
    });
  }
  const selected = await describeSelection(input, indexes, { signal });
  const drawn: SelectionFigures[] = [];
  for (let n = 0; n < seeds; n++) {
    signal?.throwIfAborted();
    const order = shuffle([...input.examples.keys()], randomStream(seed, 'random-selection', n));
    drawn.push(await describeSelection(input, order.slice(0, indexes.length), { signal }));
  }
  const figure = (name: RandomFigure, of: SelectionFigures) =>
    name === 'meanDifficulty' ? of.difficulty?.mean : of[name];
  const names = ['coverageRadius', 'meanDistanceToSelected', 'meanPairDistance', 'meanDifficulty'] as const;
  const randomDeviation = Object.fromEntries(
    names
      .filter((name) => figure(name, selected) !== undefined)
      .map((name) => [name, deviation(drawn.map((one) => figure(name, one) ?? 0))]),
  );
  return { selected, random: meanFigures(drawn), randomDeviation, seeds };
}

function meanFigures(all: readonly SelectionFigures[]): SelectionFigures {
  const [first] = all;
  const meanOf = (of: (figures: SelectionFigures) => number | undefined) =>
    mean(all.map((one) => of(one) ?? 0));
  const names = [...new Set(all.flatMap(({ types }) => Object.keys(types)))].sort();
  const spreadOf = (name: keyof Spread) => meanOf(({ difficulty }) => difficulty?.[name]);
  return {
    count: first?.count ?? 0,
    ...(first?.coverageRadius === undefined
      ? {}
      : {
          coverageRadius: meanOf((one) => one.coverageRadius),
          meanDistanceToSelected: meanOf((one) => one.meanDistanceToSelected),
          meanPairDistance: meanOf((one) => one.meanPairDistance),
        }),
    types: Object.fromEntries(names.map((name) => [name, meanOf(({ types }) => types[name])])),
    ...(first?.difficulty
      ? {
          difficulty: {
            least: spreadOf('least'),
            quarter: spreadOf('quarter'),
            median: spreadOf('median'),
            threeQuarters: spreadOf('threeQuarters'),
            greatest: spreadOf('greatest'),
            mean: spreadOf('mean'),
          },
        }
      : {}),
  };
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

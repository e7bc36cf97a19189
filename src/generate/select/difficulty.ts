import { RankforgeError } from '../../core/errors.js';
import type { Example } from '../../core/example.js';
import type { JobOptions } from '../../core/progress.js';
import { mean } from '../../core/vectors.js';

/** Scores of an example's passages, in their order: any reals, comparable inside one example. */
export type ExampleScorer = (
  example: Example,
  options?: Pick<JobOptions, 'signal'>,
) => readonly number[] | Promise<readonly number[]>;

/** How a scorer's error on an example is measured. */
export const difficultyMeasures = ['el2n', 'fail-rate'] as const;
export type DifficultyMeasure = (typeof difficultyMeasures)[number];

export interface DifficultyOptions extends JobOptions {
  /** @default el2n */
  readonly measure?: DifficultyMeasure;
  /** Of EL2N's softmax over the scores: set it so that scores spread over a few units. Above 0. @default 1 */
  readonly temperature?: number;
}

/**
 * EL2N of a ranked list: the Euclidean norm of p − y, where p is the softmax of the scores and y the grades as a
 * distribution (gain 2^grade − 1 over their sum). 0: the scorer is right and sure; √2 at most: sure and wrong.
 * A list where nothing is relevant is compared with the even distribution.
 * @see Paul, Ganguli & Dziugaite 2021, "Deep Learning on a Data Diet", arXiv:2107.07075, definition 2.2 (of a classifier's
 *   class probabilities; here the classes are the passages)
 */
export function el2n(scores: readonly number[], grades: readonly number[], temperature = 1): number {
  const most = Math.max(...scores);
  const exponentials = scores.map((score) => Math.exp((score - most) / temperature));
  const total = exponentials.reduce((sum, one) => sum + one, 0);
  const gains = grades.map((grade) => 2 ** grade - 1);
  const gained = gains.reduce((sum, gain) => sum + gain, 0);
  return Math.hypot(
    ...exponentials.map((one, i) => one / total - (gained > 0 ? gains[i]! / gained : 1 / scores.length)),
  );
}

/**
 * The part of the pairs of differently graded passages that the scores put in the wrong order, 0 to 1; an equal score is
 * half wrong. 0 where all grades are equal. What DART calls the fail rate of a query is the part of a model's answers to
 * it that are wrong; a scorer's answers are its pairs.
 * @see Tong et al. 2024, "DART-Math", arXiv:2407.13690, section 3
 */
export function failRate(scores: readonly number[], grades: readonly number[]): number {
  let pairs = 0;
  let wrong = 0;
  for (let i = 0; i < grades.length; i++) {
    for (let j = 0; j < grades.length; j++) {
      if (grades[i]! <= grades[j]!) continue;
      pairs += 1;
      wrong += scores[i]! > scores[j]! ? 0 : scores[i]! === scores[j]! ? 0.5 : 1;
    }
  }
  return pairs === 0 ? 0 : wrong / pairs;
}

/**
 * How hard each example is for some scorers: their error, averaged (EL2N is an expectation over models).
 * @throws RankforgeError `usage` for no scorer, for scores that are not one finite number a passage, or a temperature not above 0
 */
export async function exampleDifficulties(
  examples: readonly Example[],
  scorers: readonly ExampleScorer[],
  { measure = 'el2n', temperature = 1, signal, onProgress }: DifficultyOptions = {},
): Promise<number[]> {
  if (scorers.length === 0 || !(temperature > 0)) {
    throw new RankforgeError('usage', 'Difficulty needs a scorer, and a temperature above 0', {
      hint: 'Give a scorer, for instance of a first stage or of a student.',
    });
  }
  const difficulties: number[] = [];
  for (const example of examples) {
    signal?.throwIfAborted();
    const grades = example.passages.map(({ grade }) => grade);
    const errors: number[] = [];
    for (const score of scorers) {
      const scores = await score(example, { signal });
      checkScores(scores, example);
      errors.push(measure === 'el2n' ? el2n(scores, grades, temperature) : failRate(scores, grades));
    }
    difficulties.push(grades.length === 0 ? 0 : mean(errors));
    onProgress?.({ stage: 'difficulty', done: difficulties.length, total: examples.length });
  }
  return difficulties;
}

function checkScores(scores: readonly number[], { query, passages }: Example): void {
  if (scores.length === passages.length && scores.every((score) => Number.isFinite(score))) return;
  throw new RankforgeError('usage', `A scorer gave no finite score for each of ${passages.length} passages`, {
    where: query.id,
    hint: 'Have the scorer return one number a passage, in their order.',
  });
}
